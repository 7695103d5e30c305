import { hkdfSync } from 'node:crypto'
import type { OwnSecret } from './own-secret.ts'

/**
 * Every use of our own secret, each with a key of its own. A label never changes its meaning: what was made under it by an
 * earlier version must still be understood, or must not be.
 *
 * - `attestation-nonce/v1`: MAC of nonces that platforms sign into documents.
 * - `audit-commit/v1`: nonces of what records commit to in place of saying it.
 * - `dpop-nonce/v1`: MAC of nonces for DPoP proofs.
 * - `redis/v1`: MAC of what stands in Redis and of what is told over it.
 * - `registry-pepper/v1`: digests of secrets of registered clients. `registry-seal/v1`: encryption of those that both sides
 *   must have.
 * - `rollout/v1`: which subjects a candidate for a bundle decides for.
 * - `trust/v1`: MAC of what is kept of others' keys for the next start.
 */
export const keyLabels = [
  'attestation-nonce/v1',
  'audit-commit/v1',
  'dpop-nonce/v1',
  'redis/v1',
  'registry-pepper/v1',
  'registry-seal/v1',
  'rollout/v1',
  'trust/v1',
] as const

export type KeyLabel = (typeof keyLabels)[number]

/** The key of one use, 32 bytes: HKDF-SHA-256 (RFC 5869) of our own secret, with the label as `info`. */
export const deriveKey = (secret: OwnSecret, label: KeyLabel): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, 'sallyport', label, 32))
