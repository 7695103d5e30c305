import type { RefusalCode } from '../core/codes.ts'
import type { JsonObject } from '../core/json.ts'
import { ok, type Result } from '../core/result.ts'
import { readJws, type SignedText } from './read-jws.ts'
import { readClaims } from './read-jwt.ts'

/** A JWT that names no asymmetric algorithm, with what may be its MAC. Nothing in it is verified. */
export interface UnverifiedMacJwt extends SignedText {
  readonly claims: JsonObject
}

/** Reads a JWT whose algorithm whoever checks it knows beforehand, for {@link verifyHmac}. Refuses with the caller's `code`. */
export function readMacJwt(text: string, code: RefusalCode): Result<UnverifiedMacJwt> {
  const jws = readJws(text, code)
  if (!jws.ok) return jws
  const { header, payload, signingInput, signature } = jws.value
  const claims = readClaims(payload, code)
  return claims.ok ? ok({ header, claims: claims.value, signingInput, signature }) : claims
}
