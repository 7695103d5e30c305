import type { Instant } from '../core/time.ts'
import type { Name } from './name.ts'

/**
 * A list of revoked certificates (RFC 5280 §5.1) as it was read; nothing in it is checked but its form.
 *
 * - `revoked`: serial numbers. `keyId`: which key of the issuer signed it, if it says.
 */
export interface CertificateList {
  readonly signed: Buffer
  readonly signatureAlgorithm: Buffer
  readonly signature: Buffer
  readonly issuer: Name
  readonly thisUpdate: Instant
  readonly nextUpdate: Instant
  readonly revoked: ReadonlySet<bigint>
}
