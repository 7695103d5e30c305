import { type Clock, plus } from '../core/time.ts'
import type { Redis } from '../net/redis.ts'
import type { RedisNames } from '../net/redis-keys.ts'
import type { Sealer } from '../net/sealer.ts'
import type { CacheStore } from '../seams.ts'

export interface RedisStoreOptions {
  readonly redis: Redis
  readonly names: RedisNames
  readonly sealer: Sealer
  readonly clock: Clock
  /** A value was not ours, or ours and written back after its end. It is a miss, and somebody should know. */
  readonly alarm?: (why: 'forged' | 'ended') => void
}

const fillAfterMs = 5
const maximumWaiting = 1_000
const largestValue = 262_144

/**
 * A cache in the Redis of a fleet. Whatever Redis does not answer in time is a miss. Values are sent a moment later, when
 * what they were made for has been answered; what more than a thousand are waiting for is not kept.
 */
export function createRedisStore({ redis, names, sealer, clock, alarm }: RedisStoreOptions): CacheStore {
  const waiting: (() => void)[] = []

  function send(): void {
    for (const fill of waiting.splice(0)) fill()
  }

  return {
    async get(key) {
      const name = names.decision(key)
      const found = await redis.get(name)
      if (!found.ok || found.value === undefined) return undefined
      const opened = sealer.open(name, found.value, clock())
      if (opened.ok) return opened.value
      alarm?.(opened.why)
      return undefined
    },
    put(key, value, ttl) {
      if (!(ttl > 0) || value.length > largestValue || waiting.length >= maximumWaiting) return
      const name = names.decision(key)
      const until = plus(clock(), ttl)
      if (waiting.length === 0) setTimeout(send, fillAfterMs).unref()
      waiting.push(() => void redis.set(name, sealer.seal(name, value, until), ttl * 1000))
    },
  }
}
