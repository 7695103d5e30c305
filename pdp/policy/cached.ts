import { freely, type Reuse } from '../core/ask.ts'
import type { Digest } from '../core/digest.ts'
import type { Evaluated } from '../core/evaluated.ts'
import { DeadlineError } from '../core/fault.ts'
import type { Frame } from '../core/frame.ts'
import { ok, type Result } from '../core/result.ts'
import { between, type Seconds, seconds } from '../core/time.ts'
import type { CacheStore, Policy } from '../seams.ts'
import type { Answer } from './answer.ts'
import { type CacheEntry, createCacheEntryReader, writeCacheEntry } from './cache-entry.ts'
import { createCacheKeys } from './cache-key.ts'
import type { CompiledPolicy } from './compiled-policy.ts'
import { createFlights } from './flights.ts'
import { defaultResultRules, mintAnswer, type ResultRules } from './read-result.ts'
import type { SecondLevel } from './second-level.ts'
import type { WrittenInput } from './write-input.ts'

export interface CachedOptions {
  /** The longest an allow and a deny are kept; a deny must not outlive an allow. Absent: 60 s and 5 s. */
  readonly maximumAllow?: Seconds
  readonly maximumDeny?: Seconds
  /** What results may hold; the same as for the policy itself. */
  readonly rules?: ResultRules
  /** How long asks wait for an equal one before another of them evaluates, in milliseconds. Absent: 20. */
  readonly followMs?: number
  /** What other instances share. */
  readonly shared?: SecondLevel
  /** Between 0 and 1: entries of one moment do not all end at another. Absent: 1, none ends early. */
  readonly random?: () => number
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

type Hit = 'hit-l1' | 'hit-l2'

/**
 * A policy whose answers are reused. Kept is what the author licensed with a `ttl` above 0, for that long at most, and
 * without a `ttl` the answers of a pure policy, for which the key says all; refusals never. Equal asks at the same time
 * share one evaluation if its answer may be kept. A fault of a store is a miss, and whatever it answers is read like a
 * policy's own result.
 */
export function cached(policy: CompiledPolicy, store: CacheStore, options: CachedOptions = {}): Policy {
  const { rules = defaultResultRules, followMs = 20, shared, random = () => 1 } = options
  const now = options.now ?? (() => performance.now())
  const maximumAllow = options.maximumAllow ?? seconds(60)
  const maximumDeny = seconds(Math.min(options.maximumDeny ?? 5, maximumAllow))
  const read = createCacheEntryReader(rules)
  const keyOf = createCacheKeys(policy.scope, policy.pure)
  const unstated = policy.pure ? maximumAllow : 0
  const flights = createFlights<CacheEntry>(followMs)

  const lifetimeOf = (answer: Answer): Seconds =>
    seconds(Math.min(answer.ttl ?? unstated, answer.allow ? maximumAllow : maximumDeny))

  async function stored(from: Pick<CacheStore, 'get'>, key: Digest): Promise<CacheEntry | undefined> {
    try {
      const bytes = await from.get(key)
      return bytes && read(bytes, key)
    } catch {
      return undefined
    }
  }

  /** The answer as of this ask; undefined if it has ended by now. Its `ttl`, if it has one, is what is left of it. */
  function fromEntry(entry: CacheEntry | undefined, frame: Frame, cache: Hit): Evaluated | undefined {
    if (!entry) return undefined
    const { answer, madeAt, filledBy } = entry
    const age = between(madeAt, frame.now)
    if (age < -clockTolerance || Math.max(0, age) >= lifetimeOf(answer)) return undefined
    const from = { cache, filledBy } as const
    if (answer.ttl === undefined) return mintAnswer(answer, frame, from)
    return mintAnswer({ ...answer, ttl: seconds(Math.floor(answer.ttl - Math.max(0, age))) }, frame, from)
  }

  /** Keeps an entry for what is left of its license, less up to a fifth: nine tenths of it, give or take one. */
  function keep(entry: CacheEntry, frame: Frame, stores: readonly Pick<CacheStore, 'put'>[]): void {
    const left = lifetimeOf(entry.answer) - Math.max(0, between(entry.madeAt, frame.now))
    const bytes = writeCacheEntry(entry)
    for (const each of stores) {
      try {
        each.put(entry.key, bytes, seconds(left * (0.8 + 0.2 * random())))
      } catch {
        // a store that cannot keep is a slower one
      }
    }
  }

  async function evaluateAnew(key: Digest, input: WrittenInput, frame: Frame, { read, store: mayKeep }: Reuse) {
    const began = now()
    const evaluated = await policy.evaluateWritten(input, frame, read ? 'miss' : 'bypass')
    shared?.evaluated(now() - began)
    const entry = mayKeep ? entryOf(evaluated, key, frame) : undefined
    if (entry) keep(entry, frame, shared?.worth() ? [store, shared] : [store])
    return { evaluated, entry }
  }

  /** Evaluates for all who ask the same meanwhile; first looks whether another instance has. */
  async function lead(key: Digest, input: WrittenInput, frame: Frame): Promise<Result<Evaluated>> {
    const land = flights.begin(key)
    try {
      if (shared?.worth()) {
        const entry = await stored(shared, key)
        const hit = fromEntry(entry, frame, 'hit-l2')
        if (entry && hit) {
          keep(entry, frame, [store])
          land({ outcome: 'kept', value: entry })
          return ok(hit)
        }
      }
      const { evaluated, entry } = await evaluateAnew(key, input, frame, freely)
      if (entry) land({ outcome: 'kept', value: entry })
      else if (evaluated.ok) land({ outcome: 'not-kept' })
      return evaluated
    } finally {
      land({ outcome: 'failed' }) // if it has not landed: another of those who wait will lead
    }
  }

  async function follow(key: Digest, input: WrittenInput, frame: Frame): Promise<Result<Evaluated>> {
    const began = now()
    for (;;) {
      const flight = flights.of(key)
      if (!flight) return lead(key, input, frame)
      const landed = await flight
      if (landed.outcome === 'kept') {
        const hit = fromEntry(landed.value, frame, 'hit-l1')
        if (hit) return ok(hit)
      }
      if (now() - began > frame.deadline - frame.now) throw new DeadlineError() // nobody waits for it any more
      if (landed.outcome !== 'failed') return (await evaluateAnew(key, input, frame, freely)).evaluated
    }
  }

  return {
    identity: policy.identity,
    async evaluate(input, frame, reuse = freely) {
      const written = policy.write(input)
      if (!written.ok) return written
      const key = keyOf(written.value.key)
      if (reuse.read) {
        const hit = fromEntry(await stored(store, key), frame, 'hit-l1')
        if (hit) return ok(hit)
      }
      return reuse.read && reuse.store
        ? follow(key, written.value, frame)
        : (await evaluateAnew(key, written.value, frame, reuse)).evaluated
    },
  }

  function entryOf(evaluated: Result<Evaluated>, key: Digest, frame: Frame): CacheEntry | undefined {
    if (!evaluated.ok || !(lifetimeOf(evaluated.value) > 0)) return undefined
    const { ask: filledBy, cache: _cache, filledBy: _by, inputSha256: _input, ...answer } = evaluated.value
    return { key, madeAt: frame.now, filledBy, answer }
  }
}

const clockTolerance = 1 // seconds that an entry may seem to come from the future: another ask began before it
