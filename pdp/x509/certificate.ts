import type { Instant } from '../core/time.ts'
import type { Extensions } from './extensions.ts'
import type { Name } from './name.ts'
import type { PublicKey } from './public-key.ts'

/**
 * A certificate of version 3 as it was read (RFC 5280 §4.1); nothing in it is checked but its form.
 *
 * - `signed`: the DER that the signature is over. `signatureAlgorithm`: the DER of its AlgorithmIdentifier.
 * - `serial`: may be negative or zero.
 */
export interface Certificate {
  readonly der: Buffer
  readonly signed: Buffer
  readonly signatureAlgorithm: Buffer
  readonly signature: Buffer
  readonly serial: bigint
  readonly issuer: Name
  readonly subject: Name
  readonly notBefore: Instant
  readonly notAfter: Instant
  readonly publicKey: PublicKey
  readonly extensions: Extensions
}

/** Issuer and subject are one name (RFC 5280 §6.1). */
export const isSelfIssued = ({ issuer, subject }: Certificate): boolean => issuer.key === subject.key
