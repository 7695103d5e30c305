import type { Digest } from '../core/digest.ts'
import type { Evaluated } from '../core/evaluated.ts'
import type { Frame } from '../core/frame.ts'
import { ok, type Result } from '../core/result.ts'
import { between, type Seconds, seconds } from '../core/time.ts'
import type { CacheStore, Policy } from '../seams.ts'
import type { Answer } from './answer.ts'
import { type CacheEntry, createCacheEntryReader, writeCacheEntry } from './cache-entry.ts'
import { createCacheKeys } from './cache-key.ts'
import type { CompiledPolicy } from './compiled-policy.ts'
import { defaultResultRules, mintAnswer, type ResultRules } from './read-result.ts'
import type { WrittenInput } from './write-input.ts'

export interface CachedOptions {
  /** The longest an allow and a deny are kept; a deny must not outlive an allow. Absent: 60 s and 5 s. */
  readonly maximumAllow?: Seconds
  readonly maximumDeny?: Seconds
  /** What results may hold; the same as for the policy itself. */
  readonly rules?: ResultRules
  /** How long an ask waits for an equal one before it evaluates itself, in milliseconds. Absent: 20. */
  readonly followMs?: number
}

/**
 * A policy whose answers are reused. Kept is what the author licensed with a `ttl` above 0, for that long at most, and
 * without a `ttl` the answers of a pure policy, for which the key says all; refusals never. Equal asks at the same time share one evaluation if its answer may be kept. A fault of the store is a
 * miss, and whatever it answers is read like a policy's own result.
 */
export function cached(policy: CompiledPolicy, store: CacheStore, options: CachedOptions = {}): Policy {
  const { rules = defaultResultRules, followMs = 20 } = options
  const maximumAllow = options.maximumAllow ?? seconds(60)
  const maximumDeny = seconds(Math.min(options.maximumDeny ?? 5, maximumAllow))
  const read = createCacheEntryReader(rules)
  const keyOf = createCacheKeys(policy.scope, policy.pure)
  const unstated = policy.pure ? maximumAllow : 0
  const flights = new Map<Digest, Promise<CacheEntry | undefined>>()

  const lifetimeOf = (answer: Answer): Seconds =>
    seconds(Math.min(answer.ttl ?? unstated, answer.allow ? maximumAllow : maximumDeny))

  async function stored(key: Digest): Promise<CacheEntry | undefined> {
    try {
      const bytes = await store.get(key)
      return bytes && read(bytes, key)
    } catch {
      return undefined
    }
  }

  /** The answer as of this ask; undefined if it has ended by now. Its `ttl`, if it has one, is what is left of it. */
  function fromEntry(entry: CacheEntry | undefined, frame: Frame): Evaluated | undefined {
    if (!entry) return undefined
    const { answer, madeAt, filledBy } = entry
    const age = between(madeAt, frame.now)
    if (age < -clockTolerance || Math.max(0, age) >= lifetimeOf(answer)) return undefined
    const from = { cache: 'hit', filledBy } as const
    if (answer.ttl === undefined) return mintAnswer(answer, frame, from)
    return mintAnswer({ ...answer, ttl: seconds(Math.floor(answer.ttl - Math.max(0, age))) }, frame, from)
  }

  function keep(entry: CacheEntry): void {
    try {
      store.put(entry.key, writeCacheEntry(entry), lifetimeOf(entry.answer))
    } catch {
      // a store that cannot keep is a slower one
    }
  }

  /** Lets equal asks wait for `answer`, until that is settled or they have waited long enough. */
  function share(key: Digest): (entry?: CacheEntry) => void {
    const { promise, resolve } = Promise.withResolvers<CacheEntry | undefined>()
    flights.set(key, promise)
    function land(entry?: CacheEntry): void {
      clearTimeout(timer)
      if (flights.get(key) === promise) flights.delete(key)
      resolve(entry)
    }
    const timer = setTimeout(land, followMs)
    return land
  }

  async function answer(key: Digest, input: WrittenInput, frame: Frame, land: (entry?: CacheEntry) => void) {
    try {
      const entry = await stored(key)
      const hit = fromEntry(entry, frame)
      if (hit) {
        land(entry)
        return ok(hit)
      }
      const evaluated = await policy.evaluateWritten(input, frame)
      land(entryOf(evaluated, key, frame))
      return evaluated
    } finally {
      land() // a leader that failed has nothing to share, and those who waited evaluate themselves
    }
  }

  return {
    identity: policy.identity,
    async evaluate(input, frame) {
      const written = policy.write(input)
      if (!written.ok) return written
      const key = keyOf(written.value.key)
      const flight = flights.get(key)
      const followed = flight && fromEntry(await flight, frame)
      if (followed) return ok(followed)
      return answer(key, written.value, frame, flights.has(key) ? alone : share(key))
    },
  }

  function entryOf(evaluated: Result<Evaluated>, key: Digest, frame: Frame): CacheEntry | undefined {
    if (!evaluated.ok || !(lifetimeOf(evaluated.value) > 0)) return undefined
    const { ask: filledBy, cache: _cache, filledBy: _by, ...answer } = evaluated.value
    const entry: CacheEntry = { key, madeAt: frame.now, filledBy, answer }
    keep(entry)
    return entry
  }
}

const alone = (): void => undefined

const clockTolerance = 1 // seconds that an entry may seem to come from the future: another ask began before it
