import { clauses } from '../../core/clause.ts'
import type { RegisteredKey } from '../../core/client.ts'
import type { JwtCredential } from '../../core/credential.ts'
import type { VerificationKey } from '../../core/key.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { readJwk } from '../../jose/read-jwk.ts'
import { readJwt } from '../../jose/read-jwt.ts'
import { verifyJws } from '../../jose/verify-jws.ts'
import type { RevocationKey } from '../../seams.ts'

export const signerClauses = clauses({ signature: 'registered-key-signature' })

const wrong = refuse(
  'SIGNATURE_INVALID',
  signerClauses.signature,
  'signature does not match: check who signs and the key that is registered',
)

/**
 * Which of the registered keys signed it. Whoever is not registered, and whoever signs with another key, is told the same
 * after the same work: where no key may be tried, one of nobody is.
 */
export function signerOf(credential: JwtCredential, candidates: readonly RegisteredKey[]): Result<RegisteredKey> {
  const { text, jwt, signature } = credential
  const signed = signature ? ok({ ...jwt, signature }) : readJwt(text, 'CREDENTIAL_MALFORMED')
  if (!signed.ok) return signed
  const isGood = (key: VerificationKey) => verifyJws(signed.value, key).ok
  for (const candidate of candidates) {
    const { material } = candidate.key
    if (material.form === 'public' && isGood(material.key)) return ok(candidate)
  }
  if (candidates.length === 0) nobodys.find(isGood)
  return wrong
}

/** The key that signed, so that it can be revoked whoever has it. */
export const revocableSigner = ({ key: { material } }: RegisteredKey): readonly RevocationKey[] =>
  material.form === 'public' ? [{ by: 'key-thumbprint', id: material.key.id }] : []

/** Public keys whose private ones nobody has kept: of the two kinds that nearly all clients use. */
const nobodys: readonly VerificationKey[] = [
  {
    kty: 'RSA',
    e: 'AQAB',
    n:
      't4E7pK1tQeF-sInhqyv7SWtHPCRWQrAJ0k--7lbL_aCXMD0a2n_ztO0jIGHZCQj5q2NsYDGKme4Cn_2H68Vnkdi7X7ufaA5c5ULf' +
      'ue7bMjsG21B1CUGUdmCXzHIqvhLsZ4o1DZNU9-POtKeQEs9wKZluK8zVKunnGhYyS42aSa17C588Q4qpX-oetlLLSDtuX82ZbxZN' +
      'avjAtLaRY72foyIxfsyUAvpFrqAWGOboB6CmvBnkvDjeoB7ZpsQrj6p_vV135weCHbpcKNSkHNVmSwW6e6tXMVPpLRfc0Qv8g7Og' +
      'ePSZb20l2nU_KNU7qB134hnK8cRNbqi6XPOAvYH8rQ',
  },
  {
    kty: 'EC',
    crv: 'P-256',
    x: 'epfQ4oj9rbFBn67r1lJZslocZ9B5D5qcbFmPf88B2dw',
    y: 'ZHwfu6yCxFeOD4RZlhEzYx7bY3vXl0rCNneqtqkvMcc',
  },
].flatMap((jwk) => {
  const key = readJwk(jwk, 'KEY_UNKNOWN')
  return key.ok ? [key.value] : []
})
