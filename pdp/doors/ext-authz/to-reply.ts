import { rowOf } from '../../core/codes.ts'
import { type Allow, type Decision, isAllow } from '../../core/decision.ts'
import type { JsonObject } from '../../core/json.ts'
import type { PolicyReply } from '../../core/policy-reply.ts'
import type { Refusal } from '../../core/result.ts'
import type { Service } from '../../core/service.ts'
import { respondOf } from '../respond.ts'
import { retryAfterOf } from '../retry-after.ts'
import type { AllowReply, CheckReply, DenyReply, SetHeaders } from './check-response.ts'
import { identityHeaders, identityHeadersOf } from '../identity-headers.ts'

/** The reply of a decision. Starts as a deny; only a sealed allow makes another of it. */
export function toReply(decision: Decision, service: Service): CheckReply {
  return isAllow(decision) ? allowed(decision, service) : denied(decision)
}

/** What is answered for a service that is tried out: the request passes and says nothing of who calls. */
export const dryRunReply = ({ metadata }: CheckReply, service: Service): AllowReply => ({
  effect: 'allow',
  headers: {},
  headersToRemove: ownHeaders(service),
  responseHeaders: {},
  metadata: { ...metadata, dry_run: true },
})

/** Headers that are never the client's: set, or removed. */
const ownHeaders = ({ policyHeaders = [] }: Service): readonly string[] => [...identityHeaders, ...policyHeaders]

function allowed(decision: Allow, service: Service): AllowReply {
  const own = identityHeadersOf(decision)
  const fromPolicy = Object.assign(
    {},
    ...decision.verdicts.map(({ evaluated }) => evaluated?.requestHeaders),
  ) as Record<string, string> // of maps of texts, one per question
  const reply = policyReplyOf(decision)
  const headers: SetHeaders = { ...fromPolicy, ...reply?.headers, ...own }
  return {
    effect: 'allow',
    headers,
    headersToRemove: [
      ...ownHeaders(service).filter((name) => !Object.hasOwn(headers, name)),
      ...(reply?.headersToRemove ?? []),
    ],
    responseHeaders: { ...reply?.responseHeaders, ...respondOf(decision).headers },
    ...(reply && { queryToSet: reply.queryToSet, queryToRemove: reply.queryToRemove }),
    metadata: metadataOf(decision),
  }
}

function denied(decision: Decision): DenyReply {
  const { status, headers } = respondOf(decision)
  const reply = policyReplyOf(decision)
  if (reply) {
    const { status: http = 403, body = '' } = reply
    return {
      effect: 'deny',
      grpc: 7,
      http,
      body,
      headers: { ...reply.headers, ...headers },
      metadata: metadataOf(decision),
    }
  }
  return { ...denyOf(status, rowOf(decision.code).error), headers, metadata: metadataOf(decision) }
}

/** The reply to a check that never became an ask: an explicit denial, since an error may let the request pass. */
export function refusedReply(refusal: Pick<Refusal, 'code' | 'challenge'>): DenyReply {
  const { kind, http } = rowOf(refusal.code)
  // Problems are about the enforcement point: its own status would tell the client nothing it could act on.
  return { ...denyOf(kind === 'problem' ? problemStatus(http) : http, undefined), headers: retryAfterOf(refusal) }
}

const problemStatus = (http: number): number => (http === 503 || http === 429 || http === 400 ? http : 403)

/** Bodies hold the error class of the RFC and nothing else. */
const denyOf = (http: number, error: string | undefined): DenyReply => ({
  effect: 'deny',
  grpc: http === 401 ? 16 : 7,
  http,
  headers: {},
  body: error === undefined ? '' : JSON.stringify({ error }),
})

/** What a policy of the OPA-Envoy dialect says of the reply, where the decision is what it answered. */
function policyReplyOf({ code, verdicts }: Decision): PolicyReply | undefined {
  return code === 'ALLOWED' || code === 'POLICY_DENIED' ? verdicts[0]?.evaluated?.reply : undefined
}

/** For the access log of the proxy, and for later filters. In the OPA-Envoy dialect what else is in it is policy's to say. */
function metadataOf(decision: Decision): JsonObject {
  const { id, code, effect, policy, caller } = decision
  const reply = policyReplyOf(decision)
  if (reply) return { ...reply.metadata, decision_id: id }
  return {
    decision_id: id,
    decision: effect,
    code,
    ...(policy && { policy: { bundle: policy.bundle, revision: policy.revision, digest: policy.digest } }),
    ...(caller?.subject && { subject: caller.subject.id, assurance_level: caller.subject.assurance.level }),
  }
}
