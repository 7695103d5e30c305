import { createCipheriv, createDecipheriv } from 'node:crypto'
import { canonicalText } from '../../core/canonical-bytes.ts'
import type { Peppers, SecretOf } from './pepper.ts'

const nonceBytes = 12
const tagBytes = 16
const scheme = 'aes-256-gcm:'

/** Random bytes that sealing takes. */
export const sealNonceBytes = nonceBytes

/**
 * Encrypts a secret that both sides must have, for keeping (AES-256-GCM; SP 800-38D). It opens under this key alone, and as
 * the secret of this very credential. `nonce`: 12 random bytes, never the same twice.
 */
export function sealSecret(key: Uint8Array, of: SecretOf, secret: Uint8Array, nonce: Uint8Array): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(aadOf(of))
  const sealed = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
  return `${scheme}${sealed.toString('base64url')}`
}

/** Opens what {@link sealSecret} made, under any of the keys; undefined for anything else. */
export function openSealedSecret(keys: Peppers, of: SecretOf, text: string): Buffer | undefined {
  const sealed = Buffer.from(text.slice(scheme.length), 'base64url')
  if (!text.startsWith(scheme) || sealed.length <= nonceBytes + tagBytes) return undefined
  for (const key of keys) {
    try {
      const options = { authTagLength: tagBytes }
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), options)
      decipher.setAAD(aadOf(of))
      decipher.setAuthTag(sealed.subarray(-tagBytes))
      return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()])
    } catch {
      // sealed under another key, or altered
    }
  }
  return undefined
}

const aadOf = ({ method, id }: SecretOf): Buffer => Buffer.from(canonicalText([method, id]), 'utf8')
