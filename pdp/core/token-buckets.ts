import { type Seconds, seconds } from './time.ts'

/** `perSecond`: how many are given back each second. `burst`: how many a full bucket holds. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export interface TokenBuckets {
  /** Takes a token if there is one. Answers how long it is until there is: 0 where one was taken. */
  take(key: string): Seconds
  /** Tokens were taken elsewhere too: the bucket is not full again before `fullAt`. Gives nothing back. */
  drain(key: string, fullAt: number): void
}

const maximumBuckets = 100_000
const none = seconds(0)

/**
 * Makes token buckets, one for each key. Of each only the instant is kept at which it will be full again. More keys than
 * there is room for: the one not used for longest is forgotten, and so begins full. `now`: monotonic milliseconds.
 */
export function createTokenBuckets(
  { perSecond, burst }: Rate,
  now: () => number,
  maximum = maximumBuckets,
): TokenBuckets {
  const fullAt = new Map<string, number>()
  const every = 1_000 / perSecond
  const rounding = every / 1_000_000

  function set(key: string, at: number): void {
    fullAt.delete(key) // the newest is last
    fullAt.set(key, at)
    if (fullAt.size > maximum) {
      const [oldest] = fullAt.keys()
      if (oldest !== undefined) fullAt.delete(oldest)
    }
  }

  return {
    take(key) {
      const time = now()
      const full = Math.max(time, fullAt.get(key) ?? time) + every
      const over = full - time - burst * every
      if (over > rounding) return seconds(over / 1_000)
      set(key, full)
      return none
    },
    drain(key, at) {
      if (at > (fullAt.get(key) ?? now())) set(key, at)
    },
  }
}
