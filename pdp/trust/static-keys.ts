import type { VerificationKey } from '../core/key.ts'
import type { Result } from '../core/result.ts'
import { type Clock, type Seconds, seconds } from '../core/time.ts'
import { holdSnapshot } from './hold-snapshot.ts'
import { type Snapshot, takeSnapshot } from './snapshot.ts'
import type { ObservedTrustSource } from './status.ts'

/**
 * - `keys`: the first set; may be empty, and then everything is refused.
 * - `maxStale`: how long a set serves after it was given; for ever by default, for these keys are ours.
 */
export interface StaticKeysOptions {
  readonly name: string
  readonly keys: readonly VerificationKey[]
  readonly clock: Clock
  readonly maxStale?: Seconds
}

export interface StaticKeys extends ObservedTrustSource {
  /** Swaps the whole set. A refused set (two keys under one `kid`, too many) leaves the last one in place. */
  replace(keys: readonly VerificationKey[]): Result<Snapshot>
}

/** A trust source of keys in memory, for the demo and for tests. A refused first set leaves it without keys. */
export function createStaticKeys({
  name,
  keys,
  clock,
  maxStale = seconds(Number.POSITIVE_INFINITY),
}: StaticKeysOptions): StaticKeys {
  const holder = holdSnapshot(name, maxStale)
  const replace = (keys: readonly VerificationKey[]): Result<Snapshot> => {
    const taken = takeSnapshot({ keys }, clock())
    holder.settle(taken)
    return taken
  }
  replace(keys)
  return {
    asOf: holder.asOf,
    status: holder.status,
    keys: async (hint, frame) => holder.select(hint, frame.now),
    replace,
  }
}
