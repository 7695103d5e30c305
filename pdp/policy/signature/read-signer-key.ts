import { createPublicKey, type KeyObject } from 'node:crypto'
import { clauses } from '../../core/clause.ts'
import type { JsonObject } from '../../core/json.ts'
import type { VerificationKey } from '../../core/key.ts'
import { type Result, refuse } from '../../core/result.ts'
import { readJwk } from '../../jose/read-jwk.ts'

export const signerKeyClauses = clauses({
  pem: 'bundle-signer-pem',
  key: 'bundle-signer-key',
})

const pattern = /^-----BEGIN PUBLIC KEY-----\r?\n[A-Za-z0-9+/=\r\n]+-----END PUBLIC KEY-----$/

/**
 * Reads the public key of a signer of bundles: one PEM block `PUBLIC KEY` (SPKI, RFC 7468 §13), EC on P-256, P-384 or
 * P-521, RSA of 2048 to 8192 bits, or Ed25519. Its type says which algorithms it is good for. Refuses (POLICY_ERROR)
 * anything else: certificates, private keys, weak keys.
 */
export function readSignerKey(pem: string): Result<VerificationKey> {
  const text = pem.trim()
  if (!pattern.test(text))
    return refuse(
      'POLICY_ERROR',
      signerKeyClauses.pem,
      'the signer must be one PEM block `PUBLIC KEY`; openssl pkey -pubout makes it of a private key',
    )
  try {
    return verificationKeyOf(createPublicKey({ key: text, format: 'pem' }))
  } catch {
    return refuse('POLICY_ERROR', signerKeyClauses.pem, 'the PEM block of the signer holds no public key')
  }
}

/** The record of a public key, within the rules of {@link readJwk}. Refuses with POLICY_ERROR. */
export function verificationKeyOf(key: KeyObject): Result<VerificationKey> {
  let jwk: JsonObject
  try {
    jwk = key.export({ format: 'jwk' }) as JsonObject // a JWK is JSON
  } catch {
    const say = 'the key of a signer must be EC on P-256, P-384 or P-521, RSA, or Ed25519'
    return refuse('POLICY_ERROR', signerKeyClauses.key, say)
  }
  return readJwk(jwk, 'POLICY_ERROR')
}
