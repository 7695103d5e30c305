import { type KeyObject, verify } from 'node:crypto'
import type { Brand } from '../core/brand.ts'
import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import type { JwsAlgorithm, VerificationKey } from '../core/key.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { algorithmNamed, algorithms, type RsaAlgorithm } from './algorithms.ts'
import { derOfEcdsa } from './der-of-ecdsa.ts'
import type { SignedText } from './read-jws.ts'

export const signatureClauses = clauses({
  algorithm: 'rfc8725-3.1-alg-of-key',
  form: 'rfc7518-3-signature-form',
  signature: 'rfc7515-5.2-signature',
})

/** A key in one use: `<RFC 7638 thumbprint>.<alg>`. */
export type KeyId = Brand<string, 'KeyId'>

export const keyIdOf = (key: VerificationKey, algorithm: JwsAlgorithm): KeyId => `${key.id}.${algorithm}` as KeyId

/**
 * Checks the signature with this key. The key's own record says which algorithms are possible; `alg` of the token only
 * picks among them (RFC 8725 §3.1). Answers the id of key and algorithm that it is good under.
 */
export function verifyJws(
  jws: SignedText,
  key: VerificationKey,
  code: RefusalCode = 'SIGNATURE_INVALID',
): Result<KeyId> {
  const algorithm = algorithmNamed(jws.header.alg)
  if (!algorithm || !key.algorithms.includes(algorithm)) {
    return refuse(code, signatureClauses.algorithm, 'alg is not one that the key may be used with')
  }
  const good = check(algorithm, key.key, Buffer.from(jws.signingInput, 'latin1'), jws.signature)
  if (good === undefined) return refuse(code, signatureClauses.form, 'signature has a wrong length or range')
  return good ? ok(keyIdOf(key, algorithm)) : refuse(code, signatureClauses.signature, 'signature does not match')
}

/** Whether the signature is good; undefined if no key could have made it. */
function check(name: JwsAlgorithm, key: KeyObject, data: Buffer, signature: Buffer): boolean | undefined {
  const row = algorithms[name]
  switch (row.kty) {
    case 'EC': {
      const der = derOfEcdsa(signature, row.order)
      // DER and the bare KeyObject: on Node 24 the options form with `ieee-p1363` is half as fast
      return der && verify(row.hash, data, key, der)
    }
    case 'RSA':
      if (signature.length !== modulusBytes(key)) return undefined // RFC 8017 §8.1.2 and §8.2.2, step 1
      return verify(row.hash, data, rsaInput(row, key), signature)
    case 'OKP':
      return signature.length === row.signatureLength ? verify(null, data, key, signature) : undefined
  }
}

const rsaInput = ({ padding, saltLength }: RsaAlgorithm, key: KeyObject) =>
  saltLength === undefined ? { key, padding } : { key, padding, saltLength }

// NaN, which no length equals, for a key that is not RSA
const modulusBytes = (key: KeyObject) => Math.ceil(Number(key.asymmetricKeyDetails?.modulusLength) / 8)
