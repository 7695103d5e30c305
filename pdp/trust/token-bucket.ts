import type { Seconds } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'

export interface TokenBucket {
  /** Takes a token, if there is one. */
  take(): boolean
  close(): void
}

/**
 * A bucket of `burst` tokens, each given back `every` after it was taken. Timed by the schedule rather than the clock, so
 * that a clock set back does not keep it empty.
 */
export function createTokenBucket(burst: number, every: Seconds, schedule: Schedule): TokenBucket {
  const returning = new Set<() => void>()
  return {
    take() {
      if (returning.size >= burst) return false
      const cancel = schedule(every, () => returning.delete(cancel))
      returning.add(cancel)
      return true
    },
    close() {
      for (const cancel of returning) cancel()
    },
  }
}
