import { createHmac, timingSafeEqual } from 'node:crypto'
import { isEcdsaSignature, isEd25519Signature, isRsaSignature } from './check-signature.ts'
import type { JwkKey } from './jwk-key.ts'
import { signatureRow } from './signature-rows.ts'

/**
 * Whether a signature is good under the algorithm that the token names and a key of its kind, as OPA's JOSE library: a
 * private JWK stands for its public key, an ECDSA signature is as long as the key's curve asks, PSS salts as long as the hash.
 */
export function isJwsSignature(alg: string, key: JwkKey | undefined, data: Buffer, signature: Buffer): boolean {
  const row = signatureRow(alg)
  if (!row || !key || key.kind === 'x25519-private') return false
  if (key.kind === 'secret') {
    if (row.family !== 'hmac' || key.secret.length === 0) return false
    const mac = createHmac(row.hash, key.secret).update(data).digest()
    return signature.length === mac.length && timingSafeEqual(signature, mac)
  }
  const { public: publicKey } = key
  switch (row.family) {
    case 'hmac':
      return false
    case 'rsa':
      return publicKey.kind === 'rsa' && isRsaSignature(publicKey, row.hash, row.saltLength, data, signature)
    case 'ecdsa': {
      if (publicKey.kind !== 'ecdsa' || signature.length !== 2 * publicKey.curve.size) return false
      return isEcdsaSignature(publicKey, row.hash, data, signature)
    }
    case 'eddsa':
      return publicKey.kind === 'ed25519' && isEd25519Signature(publicKey, data, signature)
  }
}
