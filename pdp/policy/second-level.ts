import type { Digest } from '../core/digest.ts'
import type { Seconds } from '../core/time.ts'
import type { CacheStore } from '../seams.ts'
import { createRunningMedian } from './running-median.ts'

/** When answers are shared with other instances: where reading one costs less than evaluating it, always, or never. */
export type SecondLevelUse = 'auto' | 'always' | 'never'

/** A cache that other instances share, as one policy uses it. */
export interface SecondLevel {
  /** Whether to look there before an evaluation, and so whether to keep answers there. */
  readonly worth: () => boolean
  get(key: Digest): Promise<Uint8Array | undefined>
  put(key: Digest, value: Uint8Array, ttl: Seconds): void
  /** An evaluation took so long. */
  evaluated(ms: number): void
}

const assumedReadMs = 0.2
const measureEveryMs = 1_000

/**
 * Makes second levels over one store, one for each policy: policies cost differently, and reads cost the same for all.
 * Costs are medians of what was measured. While a policy is cheaper than a read, one read a second is made beside its
 * evaluations, so that a store which became faster is noticed. `now`: monotonic milliseconds.
 */
export function createSecondLevels(
  store: CacheStore,
  use: SecondLevelUse,
  now: () => number = () => performance.now(),
): () => SecondLevel {
  const readMs = createRunningMedian(assumedReadMs)
  let measuredAt = Number.NEGATIVE_INFINITY

  async function get(key: Digest): Promise<Uint8Array | undefined> {
    const began = now()
    measuredAt = began
    const value = await store.get(key)
    readMs.add(now() - began)
    return value
  }

  return () => {
    const evaluationMs = createRunningMedian()
    return {
      worth: () => use === 'always' || (use === 'auto' && (evaluationMs.value() ?? 0) > (readMs.value() ?? 0)),
      get,
      put: (key, value, ttl) => store.put(key, value, ttl),
      evaluated(ms) {
        evaluationMs.add(ms)
        if (use === 'auto' && now() - measuredAt > measureEveryMs) get(neverThere).catch(() => undefined)
      },
    }
  }
}

const neverThere = '0'.repeat(64) as Digest // looked for to see how long that takes
