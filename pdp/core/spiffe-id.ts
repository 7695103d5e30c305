import type { Brand } from './brand.ts'
import { clauses } from './clause.ts'
import type { RefusalCode } from './codes.ts'
import { ok, type Result, refuse } from './result.ts'

/** The text of a valid SPIFFE ID (SPIFFE-ID §2); only {@link parseSpiffeId} makes one. */
export type SpiffeId = Brand<string, 'SpiffeId'>

/** The name of a trust domain (SPIFFE-ID §2.1), lower-case, without `spiffe://`. */
export type TrustDomain = Brand<string, 'TrustDomain'>

export const spiffeIdClauses = clauses({
  length: 'spiffe-id-2.3-length',
  scheme: 'spiffe-id-2-scheme',
  trustDomain: 'spiffe-id-2.1-trust-domain',
  path: 'spiffe-id-2.2-path',
})

const SCHEME = 'spiffe://'
const maximumBytes = 2048
const trustDomainPattern = /^[a-z0-9._-]{1,255}$/
const pathPattern = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/ // segments are not empty, `.` or `..`

/** What a SPIFFE ID says. `path` begins with a slash, or is empty for the trust domain itself. */
export interface SpiffeIdParts {
  readonly id: SpiffeId
  readonly trustDomain: TrustDomain
  readonly path: string
}

/** Reads a SPIFFE ID. By hand: a URL parser would resolve dot segments and fold case. */
export function parseSpiffeId(text: string, code: RefusalCode = 'CREDENTIAL_MALFORMED'): Result<SpiffeIdParts> {
  if (text.length > maximumBytes) return refuse(code, spiffeIdClauses.length, `longer than ${maximumBytes} bytes`)
  if (!text.startsWith(SCHEME)) return refuse(code, spiffeIdClauses.scheme, 'does not begin with spiffe://')
  const slash = text.indexOf('/', SCHEME.length)
  const domain = parseTrustDomain(slash < 0 ? text.slice(SCHEME.length) : text.slice(SCHEME.length, slash), code)
  if (!domain.ok) return domain
  const path = slash < 0 ? '' : text.slice(slash)
  if (path !== '' && !pathPattern.test(path)) return refuse(code, spiffeIdClauses.path, 'path has an invalid segment')
  return ok({ id: text as SpiffeId, trustDomain: domain.value, path })
}

/** Reads the name of a trust domain. */
export function parseTrustDomain(text: string, code: RefusalCode = 'CREDENTIAL_MALFORMED'): Result<TrustDomain> {
  return trustDomainPattern.test(text)
    ? ok(text as TrustDomain)
    : refuse(code, spiffeIdClauses.trustDomain, 'trust domain must be 1 to 255 of a-z, 0-9, dot, dash, underscore')
}
