import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { clauses } from '../../core/clause.ts'
import type { VerificationKey } from '../../core/key.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { verificationKeyOf } from './read-signer-key.ts'

export const signingKeyClauses = clauses({
  pem: 'bundle-signing-key-pem',
})

/** A private key that signs bundles, and what those who check its signatures know of it. */
export interface SigningKey {
  readonly privateKey: KeyObject
  readonly verification: VerificationKey
}

const pattern = /^-----BEGIN PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]+-----END PRIVATE KEY-----$/

/**
 * Reads a private key: one PEM block `PRIVATE KEY` (PKCS#8 without a password, RFC 7468 §10), of the types that
 * `readSignerKey` accepts. Refuses with POLICY_ERROR.
 */
export function readSigningKey(pem: string): Result<SigningKey> {
  const text = pem.trim()
  const privateKey = pattern.test(text) ? importKey(text) : undefined
  if (!privateKey)
    return refuse(
      'POLICY_ERROR',
      signingKeyClauses.pem,
      'the key must be one PEM block `PRIVATE KEY` without a password; openssl pkey makes it of other forms',
    )
  const verification = verificationKeyOf(createPublicKey(privateKey))
  return verification.ok ? ok({ privateKey, verification: verification.value }) : verification
}

function importKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: 'pem' })
  } catch {
    return undefined
  }
}
