import type { Instant } from '../core/time.ts'
import type { Certificate } from './certificate.ts'
import type { CertificateList } from './certificate-list.ts'

/**
 * What a path must be good for.
 *
 * - `profile`: which certificates must meet what RFC 5280 §4 asks of conforming issuers: `all`, the anchor included, or
 *   `leaf` alone, as for a SPIFFE bundle, whose authorities are trusted as they stand; §6.1 is asked of all in any case.
 * - `purpose`: an extended key usage that the leaf, and everything above it, must allow if it names any.
 * - `maximumIntermediates`: how many may stand between leaf and anchor, self-issued ones not counted.
 */
export interface PathRules {
  readonly profile: 'all' | 'leaf'
  readonly purpose?: string
  readonly maximumIntermediates: number
}

/** What is looked for: a path from the leaf, through any of the intermediates, to one of the anchors. */
export interface PathRequest {
  readonly leaf: Certificate
  readonly intermediates: readonly Certificate[]
  readonly anchors: readonly Certificate[]
  /** Lists of revoked certificates that were given; nothing is fetched. */
  readonly lists?: readonly CertificateList[]
  readonly now: Instant
  readonly rules: PathRules
}

/** A path that was found good: the anchor first, the leaf last. Good, with its lists, from `notBefore` through `notAfter`. */
export interface Path {
  readonly certificates: readonly [Certificate, ...Certificate[]]
  readonly notBefore: Instant
  readonly notAfter: Instant
}
