import { type Clause, clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import { isObject, type JsonObject, member } from '../core/json.ts'
import type { JsonLimits } from '../core/read-json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readObject } from './read-object.ts'

export const jwsHeaderClauses = clauses({
  alg: 'rfc7515-4.1.1-alg',
  jku: 'rfc7515-4.1.2-jku',
  jwk: 'rfc7515-4.1.3-jwk',
  kid: 'rfc7515-4.1.4-kid',
  x5u: 'rfc7515-4.1.5-x5u',
  x5c: 'rfc7515-4.1.6-x5c',
  typ: 'rfc7515-4.1.9-typ',
  crit: 'rfc7515-4.1.11-crit',
  b64: 'rfc7797-3-b64',
  encrypted: 'rfc7516-4.1-encrypted',
})

/**
 * A protected header within our rules. `alg` is what the token claims, nothing more; `members` holds all it says.
 * `jwk` is there only if the caller allowed it, and is not checked in any way.
 */
export interface JwsHeader {
  readonly alg: string
  readonly kid?: string
  readonly typ?: string
  readonly jwk?: JsonObject
  readonly members: JsonObject
}

const limits: JsonLimits = { length: 4096, depth: 4, membersPerObject: 32, members: 64, stringLength: 4096 }
const maximumKidLength = 256

// A token must not say where its key is (RFC 8725 §3.10), ask for an extension (RFC 7515 §4.1.11: refusing what is not
// understood; we understand none), change how it is signed (RFC 7797 §3), or be a JWE (RFC 7516 §4.1).
const refusedMembers: readonly (readonly [name: string, clause: Clause])[] = [
  ['crit', jwsHeaderClauses.crit],
  ['b64', jwsHeaderClauses.b64],
  ['jku', jwsHeaderClauses.jku],
  ['x5u', jwsHeaderClauses.x5u],
  ['x5c', jwsHeaderClauses.x5c],
  ['enc', jwsHeaderClauses.encrypted],
  ['zip', jwsHeaderClauses.encrypted],
]

/** Reads the header of a JWS (RFC 7515 §4). Members without a rule here are kept and mean nothing. */
export function readJwsHeader(bytes: Buffer, code: RefusalCode, embeddedKey: boolean): Result<JwsHeader> {
  const read = readObject(bytes, 'header', limits, code)
  if (!read.ok) return read
  const members = read.value
  for (const [name, clause] of refusedMembers) {
    if (member(members, name) !== undefined) return refuse(code, clause, `header member ${name} is not accepted`)
  }
  const alg = member(members, 'alg')
  if (typeof alg !== 'string' || alg === '') return refuse(code, jwsHeaderClauses.alg, 'header needs alg, a string')
  const kid = member(members, 'kid')
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > maximumKidLength)) {
    return refuse(code, jwsHeaderClauses.kid, `kid must be a string of 1 to ${maximumKidLength} characters`)
  }
  const typ = member(members, 'typ')
  if (typ !== undefined && typeof typ !== 'string') return refuse(code, jwsHeaderClauses.typ, 'typ must be a string')
  const jwk = member(members, 'jwk')
  if (jwk !== undefined && !embeddedKey) {
    return refuse(code, jwsHeaderClauses.jwk, 'header member jwk is not accepted')
  }
  if (jwk !== undefined && !isObject(jwk)) return refuse(code, jwsHeaderClauses.jwk, 'jwk must be an object')
  return ok(
    Object.freeze({
      alg,
      ...(kid !== undefined && { kid }),
      ...(typ !== undefined && { typ }),
      ...(jwk !== undefined && { jwk }),
      members,
    }),
  )
}
