import { isEcdsaDerSignature, isEd25519Signature, isRsaSignature } from './check-signature.ts'
import type { Certificate } from './certificate.ts'

interface Row {
  readonly kind: 'rsa' | 'ecdsa' | 'ed25519'
  readonly hash: string
  readonly saltLength?: number
}

// by Go's numbers; MD5, SHA-1 and DSA do not sign certificates there
const rows: Readonly<Record<number, Row>> = {
  4: { kind: 'rsa', hash: 'sha256' },
  5: { kind: 'rsa', hash: 'sha384' },
  6: { kind: 'rsa', hash: 'sha512' },
  10: { kind: 'ecdsa', hash: 'sha256' },
  11: { kind: 'ecdsa', hash: 'sha384' },
  12: { kind: 'ecdsa', hash: 'sha512' },
  13: { kind: 'rsa', hash: 'sha256', saltLength: 32 },
  14: { kind: 'rsa', hash: 'sha384', saltLength: 48 },
  15: { kind: 'rsa', hash: 'sha512', saltLength: 64 },
  16: { kind: 'ed25519', hash: '' },
}

const certSign = 1 << 5

/** Whether a certificate is signed by another, which may sign (RFC 5280 §4.2.1.3, §4.2.1.9), as Go's `CheckSignatureFrom`. */
export function isSignedBy(certificate: Certificate, parent: Certificate): boolean {
  const { basicConstraints, keyUsage } = parent.facts
  if (basicConstraints ? !basicConstraints.isCa : parent.version === 3) return false
  if (keyUsage !== 0 && (keyUsage & certSign) === 0) return false
  const row = rows[certificate.signatureAlgorithm]
  const key = parent.publicKey
  if (!row || !key || row.kind !== key.kind) return false
  const { tbs, signature } = certificate
  if (key.kind === 'rsa') return isRsaSignature(key, row.hash, row.saltLength, tbs, signature)
  if (key.kind === 'ecdsa') return isEcdsaDerSignature(key, row.hash, tbs, signature)
  return key.kind === 'ed25519' && isEd25519Signature(key, tbs, signature)
}
