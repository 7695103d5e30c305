import { clauses } from '../core/clause.ts'
import type { Frame } from '../core/frame.ts'
import type { JwsAlgorithm, VerificationKey } from '../core/key.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { readJwt } from '../jose/read-jwt.ts'
import type { VerifiedTokens } from '../jose/verified-tokens.ts'
import { keyIdOf, verifyJws } from '../jose/verify-jws.ts'
import type { JwtCredential } from '../core/credential.ts'
import type { TrustSource } from '../seams.ts'

export const tokenSignatureClauses = clauses({
  algorithm: 'rfc8725-3.1-algorithm-accepted',
  keyId: 'jwt-svid-2.2-kid-present',
  key: 'trust-key-of-issuer',
  sound: 'trust-answer-sound',
})

/** What is expected of a token's signature. */
export interface SignatureRules {
  readonly trust: TrustSource
  readonly tokens: VerifiedTokens
  readonly algorithms: readonly JwsAlgorithm[]
  readonly keyId: 'required' | 'optional'
}

// of a part that is not ours to trust with its types: passed on, it would be taken for a key that was found good
const unsound = refuse('INTERNAL', tokenSignatureClauses.sound, 'a source of keys answered none and no refusal')

// A token without kid is tried against each key of its issuer; a bound keeps that cheap.
const maximumKeysTried = 8

/**
 * Checks the signature with a key of the anchor, and answers that key. A signature found good before counts only while
 * the anchor still answers the very key it was good under.
 */
export async function checkSignature(
  credential: JwtCredential,
  { trust, tokens, algorithms, keyId }: SignatureRules,
  frame: Frame,
): Promise<Result<VerificationKey>> {
  const { text, jwt, signature, goodUnder } = credential
  const { algorithm, header } = jwt
  if (!algorithms.includes(algorithm)) {
    return refuse('SIGNATURE_INVALID', tokenSignatureClauses.algorithm, 'algorithm is not accepted for this issuer')
  }
  if (keyId === 'required' && header.kid === undefined) {
    return refuse('CREDENTIAL_MALFORMED', tokenSignatureClauses.keyId, 'header needs a kid')
  }
  const keys = await trust.keys(header.kid === undefined ? { algorithm } : { kid: header.kid, algorithm }, frame)
  if (keys.ok === false) return keys
  if (keys.ok !== true) return unsound
  const known = keys.value.find((key) => goodUnder === keyIdOf(key, algorithm))
  if (known) return ok(known)
  // no signature is remembered: one that was good under a key that is gone is read again
  const signed = signature ? ok({ ...jwt, signature }) : readJwt(text, 'CREDENTIAL_MALFORMED')
  if (!signed.ok) return signed
  let refusal: Refusal = refuse('KEY_UNKNOWN', tokenSignatureClauses.key, 'issuer has no key for this token')
  for (const key of keys.value.slice(0, maximumKeysTried)) {
    const good = verifyJws(signed.value, key)
    if (good.ok) {
      tokens.put(text, jwt, good.value)
      return ok(key)
    }
    refusal = good
  }
  return refusal
}
