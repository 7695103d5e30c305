import type { Digest } from '../../core/digest.ts'
import { type Instant, plus, type Seconds, seconds } from '../../core/time.ts'

/** Which asks stopped an evaluation of late. */
export interface StoppedAsks {
  add(key: Digest, at: Instant): void
  has(key: Digest, at: Instant): boolean
}

export interface StoppedAsksOptions {
  /** How long an ask is remembered; absent: a minute. */
  readonly length?: Seconds
  /** Beyond this many the oldest is forgotten; absent: 16,384, more than can stop in a minute. */
  readonly maximum?: number
}

/** Remembers asks by their keys. Time is that of the asks' decisions. */
export function createStoppedAsks({ length = seconds(60), maximum = 16_384 }: StoppedAsksOptions = {}): StoppedAsks {
  const until = new Map<Digest, Instant>()
  return {
    add(key, at) {
      until.delete(key) // to stand last again
      const [oldest] = until.keys()
      if (oldest !== undefined && until.size >= maximum) until.delete(oldest)
      until.set(key, plus(at, length))
    },
    has(key, at) {
      const end = until.get(key)
      if (end === undefined || at < end) return end !== undefined
      until.delete(key)
      return false
    },
  }
}
