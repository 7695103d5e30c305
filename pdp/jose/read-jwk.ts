import { createPublicKey, type KeyObject } from 'node:crypto'
import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import { isArray, type JsonObject, type JsonValue, member } from '../core/json.ts'
import type { JwsAlgorithm, VerificationKey } from '../core/key.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { algorithmNamed, algorithmsOf } from './algorithms.ts'
import { type PublicJwk, readPublicJwk } from './read-public-jwk.ts'
import { thumbprint } from './thumbprint.ts'

export const jwkClauses = clauses({
  use: 'rfc7517-4.2-use',
  keyOps: 'rfc7517-4.3-key-ops',
  alg: 'rfc7517-4.4-alg',
  kid: 'rfc7517-4.5-kid',
  curvePoint: 'rfc7518-6.2.2-point',
})

/**
 * What a key must be for.
 *
 * - `use`: that very `use`, such as `jwt-svid`; without it, `sig` or none.
 * - `algorithms`: those the key may be used with at most, such as the issuer's allow-list.
 */
export interface JwkExpected {
  readonly use?: string
  readonly algorithms?: readonly JwsAlgorithm[]
}

const maximumKidLength = 256

/**
 * Reads a public JWK for checking signatures (RFC 7517 §4): members consistent, key strong, point on its curve.
 * Refuses with the caller's `code`. Imports the key (30 to 120 µs): keep what it answers.
 */
export function readJwk(jwk: JsonObject, code: RefusalCode, expected: JwkExpected = {}): Result<VerificationKey> {
  const read = readPublicJwk(jwk, code)
  if (!read.ok) return read
  if (!hasUse(jwk, expected.use)) return refuse(code, jwkClauses.use, 'the key is for another use')
  if (!mayVerify(member(jwk, 'key_ops'))) {
    return refuse(code, jwkClauses.keyOps, 'key_ops of a public signing key must be verify alone')
  }
  const kid = member(jwk, 'kid')
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > maximumKidLength)) {
    return refuse(code, jwkClauses.kid, `kid must be a string of 1 to ${maximumKidLength} characters`)
  }
  const usable = algorithmsFor(read.value, member(jwk, 'alg'), expected.algorithms)
  if (usable.length === 0) {
    return refuse(code, jwkClauses.alg, 'alg does not fit the key or is not accepted here')
  }
  const key = importKey(read.value)
  if (!key) return refuse(code, jwkClauses.curvePoint, 'not a point of its curve')
  const id = thumbprint(read.value)
  return ok(Object.freeze({ id, ...(kid !== undefined && { kid }), algorithms: Object.freeze(usable), key }))
}

/** Whether the `use` of a JWK is the expected one; without expectation, `sig` or absent. */
export function hasUse(jwk: JsonObject, expected: string | undefined): boolean {
  const use = member(jwk, 'use')
  return expected === undefined ? use === undefined || use === 'sig' : use === expected
}

// RFC 7517 §4.3: no value twice, and a public key can do nothing with a signature but verify it
const mayVerify = (operations: JsonValue | undefined): boolean =>
  operations === undefined || (isArray(operations) && operations.length === 1 && operations[0] === 'verify')

function algorithmsFor(
  jwk: PublicJwk,
  alg: JsonValue | undefined,
  allowed: readonly JwsAlgorithm[] | undefined,
): readonly JwsAlgorithm[] {
  const named = typeof alg === 'string' ? algorithmNamed(alg) : undefined
  return algorithmsOf(jwk.kty, jwk.kty === 'RSA' ? undefined : jwk.crv).filter(
    (name) => (alg === undefined || name === named) && (allowed === undefined || allowed.includes(name)),
  )
}

// OpenSSL refuses a point that is not on its curve; what else it could refuse was checked before
function importKey(jwk: PublicJwk): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' })
  } catch {
    return undefined
  }
}
