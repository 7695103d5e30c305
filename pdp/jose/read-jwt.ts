import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import type { JsonObject } from '../core/json.ts'
import type { Jwt } from '../core/jwt.ts'
import type { JsonLimits } from '../core/read-json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { algorithmNamed } from './algorithms.ts'
import { type JwsOptions, maximumJwsLength, readJws, type SignedText } from './read-jws.ts'
import { readObject } from './read-object.ts'

export const jwtClauses = clauses({
  algorithm: 'rfc8725-3.1-alg-accepted',
})

/**
 * A JWT with its signature, which nobody has checked. `algorithm` is that of `header.alg`, `EdDSA` read as `Ed25519`.
 */
export interface UnverifiedJwt extends Jwt, SignedText {
  readonly header: SignedText['header']
}

/** Bounds of the claims of a JWT. */
const claimsLimits: JsonLimits = {
  length: maximumJwsLength,
  depth: 32,
  membersPerObject: 256,
  members: 512,
  stringLength: maximumJwsLength,
}

/**
 * Reads a JWT (RFC 7519 §7.2) and verifies nothing. Beyond {@link readJws}: an accepted asymmetric algorithm, and
 * claims that are one I-JSON object. Refuses with the caller's `code`.
 */
export function readJwt(text: string, code: RefusalCode, options: JwsOptions = {}): Result<UnverifiedJwt> {
  const jws = readJws(text, code, options)
  if (!jws.ok) return jws
  const { header, payload, signingInput, signature } = jws.value
  const algorithm = algorithmNamed(header.alg)
  if (!algorithm) return refuse(code, jwtClauses.algorithm, 'alg is not an accepted signature algorithm')
  const claims = readClaims(payload, code)
  if (!claims.ok) return claims
  return ok(Object.freeze({ header, algorithm, claims: claims.value, signingInput, signature }))
}

/** The claims of a JWT: one I-JSON object, within bounds. */
export const readClaims = (payload: Buffer, code: RefusalCode): Result<JsonObject> =>
  readObject(payload, 'claims', claimsLimits, code)
