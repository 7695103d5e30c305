import { canonicalText } from '../core/canonical-bytes.ts'
import { sha256 } from '../core/digest.ts'
import { createTokenBuckets, type Rate, type TokenBuckets } from '../core/token-buckets.ts'
import { type Redis, redisScript } from '../net/redis.ts'
import type { RedisNames } from '../net/redis-keys.ts'

/** What the fleet counts together: asks of an enforcement point, or of a subject. */
export type RateKind = 'pep' | 'subject'

export interface SharedRatesOptions {
  readonly redis: Redis
  readonly names: RedisNames
  /** Monotonic milliseconds. */
  readonly now?: () => number
  /** Whether Redis counted what it was told last; where it did not, each instance counts for itself alone. */
  readonly told?: (counted: boolean) => void
}

const tellEveryMs = 100
const keysAtOnce = 1_000
const keysPerCall = 100 // so that no call keeps Redis from others for long
const maximumUntold = 100_000
const mostBelieved = 100 // times a burst

/**
 * Takes tokens from the fleet's buckets, in the time of Redis. Of a bucket stands there when it will be full again, as long
 * as it is not. KEYS: the buckets. ARGV: milliseconds until a token comes back; how much emptier than full a bucket is
 * believed to be, in milliseconds; how many tokens were taken from each. Answers how long each takes to be full.
 */
const takeScript = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local answer = {}
for i, key in ipairs(KEYS) do
  local full = math.max(now, tonumber(redis.pcall('GET', key)) or 0)
  full = math.min(full, now + ARGV[2]) + ARGV[i + 2] * ARGV[1]
  redis.call('SET', key, string.format('%.3f', full), 'PX', math.ceil(full - now))
  answer[i] = string.format('%.3f', full - now)
end
return answer
`)

/**
 * Makes token buckets that a whole fleet shares. An instance decides by its own buckets, at once; a tenth of a second later
 * it tells Redis what was taken, and learns how empty the fleet's buckets are. So what others take is known late, and never
 * lost: it is waited for. What Redis says only makes a bucket emptier than it is here, and what Redis does not take is not
 * told again, so that without it the instance's own rate goes on.
 */
export function createSharedRates(options: SharedRatesOptions): (kind: RateKind, rate: Rate) => TokenBuckets {
  const { redis, names, now = () => performance.now(), told = () => undefined } = options

  return function share(kind, rate) {
    const { perSecond, burst } = rate
    const own = createTokenBuckets(rate, now)
    const every = 1_000 / perSecond
    const untold = new Map<string, number>()
    let timer: NodeJS.Timeout | undefined
    const nameOf = (key: string) => names.rate(sha256(canonicalText([kind, perSecond, burst, key])))

    function tell(): void {
      const taken = [...untold].slice(0, keysAtOnce) // those that waited longest
      for (const [key] of taken) untold.delete(key)
      timer = untold.size > 0 ? setTimeout(tell, tellEveryMs).unref() : undefined
      for (let i = 0; i < taken.length; i += keysPerCall) void tellOf(taken.slice(i, i + keysPerCall))
    }

    async function tellOf(taken: readonly (readonly [key: string, tokens: number])[]): Promise<void> {
      const names = taken.map(([key]) => nameOf(key))
      const began = now() // Redis answers for a later instant: no bucket seems emptier than it is
      const answer = await redis.run(takeScript, names, [every, mostBelieved * burst * every, ...taken.map(tokensOf)])
      const lengths = answer.ok && Array.isArray(answer.value) ? answer.value.map(Number) : []
      told(lengths.length === taken.length)
      for (const [i, [key]] of taken.entries()) {
        const length = lengths[i] ?? 0
        if (length > 0) own.drain(key, began + length + (untold.get(key) ?? 0) * every)
      }
    }

    return {
      take(key) {
        const wait = own.take(key)
        if (wait > 0) return wait
        const before = untold.get(key)
        if (before === undefined && untold.size >= maximumUntold) return wait
        untold.set(key, (before ?? 0) + 1)
        timer ??= setTimeout(tell, tellEveryMs).unref()
        return wait
      },
      drain: own.drain,
    }
  }
}

const tokensOf = ([, tokens]: readonly [string, number]): number => tokens
