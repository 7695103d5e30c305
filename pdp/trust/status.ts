import type { Instant } from '../core/time.ts'
import type { TrustSource } from '../seams.ts'

/**
 * What health and metrics tell of a source.
 *
 * - `asOf`: when the present keys were known to be right; absent before any were.
 * - `lastError`: why the newest attempt failed, in our words; absent once an attempt succeeds.
 * - `keys`: how many keys it holds. `ignored`: for each key of the set that was left out, why.
 */
export interface TrustStatus {
  readonly name: string
  readonly asOf?: Instant
  readonly lastError?: string
  readonly keys: number
  readonly ignored: readonly string[]
  /** That it holds none is nothing to wait for: a registry begins so. */
  readonly mayBeEmpty?: true
}

/** A trust source that tells how it is. The hot path sees {@link TrustSource} alone. */
export interface ObservedTrustSource extends TrustSource {
  status(): TrustStatus
}
