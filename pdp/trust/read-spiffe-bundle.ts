import { type Clause, clauses } from '../core/clause.ts'
import { isArray, isObject, type JsonObject, member, stringMember } from '../core/json.ts'
import type { JwsAlgorithm } from '../core/key.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { type Seconds, seconds } from '../core/time.ts'
import { type JwkSet, readJwks } from '../jose/read-jwks.ts'
import { liftSequence } from './lift-sequence.ts'
import { readKeySetMembers } from './read-key-set.ts'

export const spiffeBundleClauses = clauses({
  sequence: 'spiffe-bundle-4.1.1-sequence',
  refreshHint: 'spiffe-bundle-4.1.2-refresh-hint',
  key: 'spiffe-bundle-4.2-jwk',
  jwtKid: 'jwt-svid-5-kid',
  witKid: 'wit-svid-6.1-kid',
  x5c: 'x509-svid-6.2-x5c',
})

/**
 * A SPIFFE bundle (SPIFFE Trust Domain and Bundle §4).
 *
 * - `jwtKeys`: keys of `use: jwt-svid`, each with a `kid`; `witKeys`: of `use: wit-svid`. `x509Authorities`: DER
 *   certificates of `use: x509-svid`. All empty means that nothing in this trust domain is valid (§4.1.3).
 * - `sequence`: 0 to 2^64-1, absent where the bundle names none.
 * - `refreshHint`: how often to look again: within a minute and an hour, 5 minutes where the bundle names none.
 */
export interface SpiffeBundle {
  readonly jwtKeys: JwkSet
  readonly witKeys: JwkSet
  readonly x509Authorities: readonly Uint8Array[]
  readonly sequence?: bigint
  readonly refreshHint: Seconds
}

/** JWT-SVID §2.1, WIT-SVID §2.3: Ed25519 is not among them. */
export const jwtSvidAlgorithms: readonly JwsAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
]
const largestSequence = 2n ** 64n - 1n
const defaultRefresh = 300
const shortestRefresh = 60
const longestRefresh = 3600

/**
 * Reads a bundle. Keys of another `use`, or of none, are ignored (§4.2.2); a member name that stands twice refuses it.
 * Errors: TRUST_UNAVAILABLE.
 */
export function readSpiffeBundle(text: string): Result<SpiffeBundle> {
  const lifted = liftSequence(text)
  const members = readKeySetMembers(lifted.text)
  if (!members.ok) return members
  const { set, keys } = members.value
  if (!keys.every(isObject)) return bad(spiffeBundleClauses.key, 'every key of a bundle must be an object')
  const sequence = readSequence(set, lifted.digits)
  if (!sequence.ok) return sequence
  const refreshHint = readRefreshHint(set)
  if (!refreshHint.ok) return refreshHint
  const jwtKeys = readTokenKeys(set, keys, 'jwt-svid')
  if (!jwtKeys.ok) return jwtKeys
  const witKeys = readTokenKeys(set, keys, 'wit-svid')
  if (!witKeys.ok) return witKeys
  const shared = witKeys.value.keys.some((wit) => jwtKeys.value.keys.some((jwt) => jwt.kid === wit.kid))
  if (shared) return bad(spiffeBundleClauses.witKid, 'keys of use jwt-svid and wit-svid must not share a kid')
  const x509Authorities = readAuthorities(withUse(keys, 'x509-svid'))
  if (!x509Authorities.ok) return x509Authorities
  return ok({
    jwtKeys: jwtKeys.value,
    witKeys: witKeys.value,
    x509Authorities: x509Authorities.value,
    refreshHint: refreshHint.value,
    ...(sequence.value !== undefined && { sequence: sequence.value }),
  })
}

const bad = (clause: Clause, detail: string) => refuse('TRUST_UNAVAILABLE', clause, detail)

const withUse = (keys: readonly JsonObject[], use: string): readonly JsonObject[] =>
  keys.filter((jwk) => stringMember(jwk, 'use') === use)

function readSequence(set: JsonObject, digits: string | undefined): Result<bigint | undefined> {
  if (member(set, 'spiffe_sequence') === undefined) return ok(undefined)
  // `digits` is absent where the member is no number; a leading zero is not JSON, but 0 stands in the text that was read
  const valid = digits !== undefined && digits.length <= 20 && /^(?:0|[1-9][0-9]*)$/.test(digits)
  const sequence = valid ? BigInt(digits) : undefined
  return sequence !== undefined && sequence <= largestSequence
    ? ok(sequence)
    : bad(spiffeBundleClauses.sequence, 'spiffe_sequence must be an integer from 0 to 2^64-1')
}

function readRefreshHint(set: JsonObject): Result<Seconds> {
  const hint = member(set, 'spiffe_refresh_hint') ?? defaultRefresh
  return typeof hint === 'number' && Number.isInteger(hint) && hint >= 0
    ? ok(seconds(Math.min(Math.max(hint, shortestRefresh), longestRefresh)))
    : bad(spiffeBundleClauses.refreshHint, 'spiffe_refresh_hint must be a whole number of seconds')
}

const kidClauses = { 'jwt-svid': spiffeBundleClauses.jwtKid, 'wit-svid': spiffeBundleClauses.witKid } as const

/** JWT-SVID §5, WIT-SVID §6.1: a key has a `kid`, else no token could name it. */
function readTokenKeys(set: JsonObject, keys: readonly JsonObject[], use: 'jwt-svid' | 'wit-svid'): Result<JwkSet> {
  if (!withUse(keys, use).every((jwk) => stringMember(jwk, 'kid'))) {
    return bad(kidClauses[use], `a key of use ${use} must have a kid`)
  }
  return readJwks(set, 'TRUST_UNAVAILABLE', { use, algorithms: jwtSvidAlgorithms })
}

/** X509-SVID §6.2: the first entry of `x5c` is the authority, the rest is ignored. */
function readAuthorities(jwks: readonly JsonObject[]): Result<readonly Uint8Array[]> {
  const authorities: Uint8Array[] = []
  for (const jwk of jwks) {
    const x5c = member(jwk, 'x5c')
    const first = isArray(x5c) ? x5c[0] : undefined
    const der = typeof first === 'string' ? Buffer.from(first, 'base64') : undefined
    // Written back alike, or it was not plain base64 (RFC 7517 §4.7)
    if (!der?.length || der.toString('base64') !== first) {
      return bad(spiffeBundleClauses.x5c, 'a key of use x509-svid must have a certificate in x5c, as base64 of DER')
    }
    authorities.push(der)
  }
  return ok(authorities)
}
