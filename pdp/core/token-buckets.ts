/** `perSecond`: how many are given back each second. `burst`: how many a full bucket holds. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

const maximumBuckets = 100_000

/**
 * Makes token buckets, one for each key: answers whether there was a token, and takes it. Of each bucket only the instant
 * is kept at which it will be full again. More keys than there is room for: the one not used for longest is forgotten, and
 * so begins full. `now`: monotonic milliseconds.
 */
export function createTokenBuckets(
  { perSecond, burst }: Rate,
  now: () => number,
  maximum = maximumBuckets,
): (key: string) => boolean {
  const fullAt = new Map<string, number>()
  const every = 1_000 / perSecond
  return function take(key) {
    const time = now()
    const full = Math.max(time, fullAt.get(key) ?? time)
    if (full + every - time > burst * every + every / 1_000_000) return false // the last part is for rounding
    fullAt.delete(key) // the newest is last
    fullAt.set(key, full + every)
    if (fullAt.size > maximum) {
      const [oldest] = fullAt.keys()
      if (oldest !== undefined) fullAt.delete(oldest)
    }
    return true
  }
}
