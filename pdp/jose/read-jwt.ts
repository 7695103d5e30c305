import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import type { JsonObject } from '../core/json.ts'
import type { JwsAlgorithm } from '../core/key.ts'
import type { JsonLimits } from '../core/read-json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { algorithmNamed } from './algorithms.ts'
import type { JwsHeader } from './read-jws-header.ts'
import { type JwsOptions, maximumJwsLength, readJws, type SignedText } from './read-jws.ts'
import { readObject } from './read-object.ts'

export const jwtClauses = clauses({
  algorithm: 'rfc8725-3.1-alg-accepted',
})

/**
 * What a JWT says. `algorithm` is that of `header.alg`, with `EdDSA` read as `Ed25519`.
 *
 * - `signingInput`: the signed bytes; single use is keyed by them, never by the whole text (ECDSA is malleable).
 */
export interface Jwt {
  readonly header: JwsHeader
  readonly algorithm: JwsAlgorithm
  readonly claims: JsonObject
  readonly signingInput: string
}

/** A JWT whose signature nobody has checked: its claims may only choose the keys it is checked with. */
export interface UnverifiedJwt extends Jwt, SignedText {}

/** Bounds of the claims of a JWT. */
export const claimsLimits: JsonLimits = {
  length: maximumJwsLength,
  depth: 32,
  membersPerObject: 256,
  members: 512,
  stringLength: maximumJwsLength,
}

/**
 * Reads a JWT (RFC 7519 §7.2) and verifies nothing. Beyond {@link readJws}: an accepted asymmetric algorithm, and claims
 * that are one I-JSON object. Refuses with the caller's `code`.
 */
export function readJwt(text: string, code: RefusalCode, options: JwsOptions = {}): Result<UnverifiedJwt> {
  const jws = readJws(text, code, options)
  if (!jws.ok) return jws
  const { header, payload, signingInput, signature } = jws.value
  const algorithm = algorithmNamed(header.alg)
  if (!algorithm) return refuse(code, jwtClauses.algorithm, 'alg is not an accepted signature algorithm')
  const claims = readObject(payload, 'claims', claimsLimits, code)
  if (!claims.ok) return claims
  return ok(Object.freeze({ header, algorithm, claims: claims.value, signingInput, signature }))
}
