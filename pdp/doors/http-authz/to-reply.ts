import { type Decision, isAllow } from '../../core/decision.ts'
import type { Refusal } from '../../core/result.ts'
import type { Service } from '../../core/service.ts'
import { rowOf } from '../../core/codes.ts'
import { identityHeaders, identityHeadersOf } from '../identity-headers.ts'
import { respondOf } from '../respond.ts'
import { retryAfterOf } from '../retry-after.ts'

/** An answer to a proxy: 200, 401 or 403, without a body. */
export interface ProxyReply {
  readonly status: 200 | 401 | 403
  readonly headers: Readonly<Record<string, string>>
}

/** What an identity header says where there is nothing to say: one that is absent might be the client's. */
const none = 'none'

/**
 * The reply of a decision. An allow carries every identity header; a deny is 401 or 403, since NGINX takes anything else
 * for a fault and Envoy takes 5xx for one, which may let the request pass.
 */
export function toProxyReply(decision: Decision, { policyHeaders = [] }: Service): ProxyReply {
  const { status, headers } = respondOf(decision)
  if (!isAllow(decision)) return { status: status === 401 ? 401 : 403, headers }
  const own = identityHeadersOf(decision)
  const identity = Object.fromEntries(identityHeaders.map((name) => [name, own[name] ?? none]))
  const fromPolicy = Object.assign(
    {},
    ...decision.verdicts.map(({ evaluated }) => evaluated?.requestHeaders),
  ) as Record<string, string> // of maps of texts, one per question
  return { status: 200, headers: { ...headers, ...blank(policyHeaders), ...fromPolicy, ...identity } }
}

/** Empty where policy has nothing to say: proxies copy that over the client's own, or drop the header. */
const blank = (names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, '']))

/** What is answered for a service that is tried out: the request passes and says nothing of who calls. */
export const dryRunProxyReply = ({ policyHeaders = [] }: Service): ProxyReply => ({
  status: 200,
  headers: { ...blank(policyHeaders), ...Object.fromEntries(identityHeaders.map((name) => [name, none])) },
})

/** The reply to a request that never became an ask. Whatever is wrong with it, the proxy's client is denied. */
export const refusedProxyReply = (refusal: Pick<Refusal, 'code' | 'challenge'>): ProxyReply => ({
  status: rowOf(refusal.code).kind === 'decision' && rowOf(refusal.code).http === 401 ? 401 : 403,
  headers: retryAfterOf(refusal),
})
