import { constants, createPublicKey, verify } from 'node:crypto'
import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import { checkKey } from './key-rules.ts'
import type { PublicKey } from './public-key.ts'
import { type SignatureAlgorithm, signatureAlgorithmOf } from './signature-algorithms.ts'

export const verifySignatureClauses = clauses({
  algorithm: 'rfc5280-4.1.1.2-signature-algorithm',
  keyType: 'rfc5280-4.1.1.2-algorithm-of-key',
  signature: 'rfc5280-6.1.3-signature',
})

/** What is signed: a certificate or a list of revoked ones. */
export interface Signed {
  readonly signed: Buffer
  readonly signatureAlgorithm: Buffer
  readonly signature: Buffer
}

/** Checks a signature by the key of its issuer. Errors: CERTIFICATE_REFUSED for the algorithm or key, SIGNATURE_INVALID. */
export function verifySignature(of: Signed, key: PublicKey): Refusal | undefined {
  const algorithm = signatureAlgorithmOf(of.signatureAlgorithm)
  if (!algorithm) {
    return refuse('CERTIFICATE_REFUSED', verifySignatureClauses.algorithm, 'signature algorithm is weak or not known')
  }
  if (algorithm.key !== key.kind) {
    return refuse('CERTIFICATE_REFUSED', verifySignatureClauses.keyType, 'issuer has a key of another kind')
  }
  const weak = checkKey(key)
  if (weak) return weak
  return isGood(of, algorithm, key)
    ? undefined
    : refuse('SIGNATURE_INVALID', verifySignatureClauses.signature, 'signature of a certificate is not valid')
}

function isGood({ signed, signature }: Signed, { hash, saltLength }: SignatureAlgorithm, { spki }: PublicKey): boolean {
  try {
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    const options = saltLength === undefined ? key : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
    return verify(hash, signed, options, signature) === true
  } catch {
    return false // a point that is on no curve
  }
}
