import { describe, expect, test } from 'vitest'
import type { Reuse } from '../../../pdp/core/ask.ts'
import { DeadlineError } from '../../../pdp/core/fault.ts'
import type { SecondLevel } from '../../../pdp/policy/second-level.ts'
import { createMemoryStore } from '../../../pdp/cache/memory-store.ts'
import { type Digest, sha256 } from '../../../pdp/core/digest.ts'
import { isEvaluated } from '../../../pdp/core/evaluated.ts'
import type { Frame } from '../../../pdp/core/frame.ts'
import type { JsonObject, JsonValue } from '../../../pdp/core/json.ts'
import type { EvaluationInput, PolicyInput } from '../../../pdp/core/policy-input.ts'
import { clauses } from '../../../pdp/core/clause.ts'
import { ok, refuse } from '../../../pdp/core/result.ts'
import { instant, nanosecondDigits, seconds } from '../../../pdp/core/time.ts'
import { cached, type CachedOptions } from '../../../pdp/policy/cached.ts'
import type { CompiledPolicy } from '../../../pdp/policy/compiled-policy.ts'
import { defaultResultRules, mintAnswer, readResult } from '../../../pdp/policy/read-result.ts'
import { allReads, type InputReads } from '../../../pdp/policy/read-set/input-reads.ts'
import { writeInput } from '../../../pdp/policy/write-input.ts'
import type { CacheStore, Policy } from '../../../pdp/seams.ts'
import { createTestClock, frameAt, noon } from '../../support/clock.ts'
import { inputWith } from './test-policy.ts'

const { broken } = clauses({ broken: 'test-broken' })

type Answers = (text: string, evaluation: number) => JsonValue // 'refuse', 'throw' and 'hang' are done, not answered

/** A policy of the test's own that counts its evaluations. */
function counting(
  answers: Answers,
  scope: CompiledPolicy['scope'] = { module: 'm', data: 'd', entrypoint: 'e' },
  reads: InputReads = allReads,
) {
  const count = { evaluations: 0 }
  const write = (input: EvaluationInput) => writeInput(input, 10_000, reads)
  const policy: CompiledPolicy = {
    identity: { bundle: 't', revision: '1', digest: 'sha256:0' },
    scope,
    pure: reads.pure,
    write,
    async evaluate(input, frame) {
      const written = write(input)
      return written.ok ? policy.evaluateWritten(written.value, frame) : written
    },
    async evaluateWritten({ text }, frame, cache = 'bypass') {
      count.evaluations++
      const answer = answers(text, count.evaluations)
      await Promise.resolve()
      if (answer === 'throw') throw new Error('a fault')
      if (answer === 'hang') return new Promise(() => undefined)
      if (answer === 'refuse') return refuse('POLICY_ERROR', broken, 'broken')
      const read = readResult(answer, defaultResultRules)
      return read.ok ? ok(mintAnswer(read.value, frame, { cache, inputSha256: sha256(text) })) : read
    },
  }
  return { policy, count }
}

function setUp(answers: Answers, options: CachedOptions = {}, reads?: InputReads) {
  const clock = createTestClock()
  const store = createMemoryStore({ clock, maximumEntries: 1000, maximumBytes: 1_000_000 })
  const { policy, count } = counting(answers, undefined, reads)
  const keeper = cached(policy, store, options)
  const ask = (context = {}, frame: Frame = frameAt(clock())) =>
    keeper.evaluate(inputWith(context, { time: { now_ns: nanosecondDigits(clock()) } }), frame)
  return { clock, store, policy, count, ask, keeper }
}

const allow = (ttl: number) => ({ allow: true, ttl, reasons: [{ code: 'a', message: 'b' }] })

test('reuses an answer within its ttl: minted for the new ask, with the decision that made it', async () => {
  const { clock, count, ask } = setUp(() => allow(10))
  const made = frameAt(clock())
  expect(await ask({}, made)).toMatchObject({ ok: true, value: { cache: 'miss', ask: made.id, ttl: 10 } })
  clock.advance(4.5)
  const frame = frameAt(clock())
  const hit = await ask({}, frame)
  expect(hit).toMatchObject({
    ok: true,
    value: { allow: true, cache: 'hit-l1', ask: frame.id, filledBy: made.id, ttl: 5, reasons: [{ code: 'a' }] },
  })
  expect(hit.ok && isEvaluated(hit.value)).toBe(true)
  clock.advance(5.5)
  expect(await ask()).toMatchObject({ value: { cache: 'miss' } })
  expect(count.evaluations).toBe(2)
})

test('keeps nothing without a ttl, and no refusal', async () => {
  for (const answer of [{ allow: true }, { allow: true, ttl: 0 }, true, 'refuse', { allow: 'yes', ttl: 5 }] as const) {
    const { store, count, ask } = setUp(() => answer)
    await ask()
    await ask()
    expect(count.evaluations).toBe(2)
    expect(store.size().entries).toBe(0)
  }
})

test('keeps a deny for less than an allow, both cut to their maximum', async () => {
  const options = { maximumAllow: seconds(30), maximumDeny: seconds(3) }
  for (const [allowed, lasting] of [
    [true, 30],
    [false, 3],
  ] as const) {
    const { clock, count, ask } = setUp(() => ({ allow: allowed, ttl: 3600 }), options)
    await ask()
    clock.advance(lasting - 0.001)
    await ask()
    expect(count.evaluations).toBe(1)
    clock.advance(0.001)
    await ask()
    expect(count.evaluations).toBe(2)
  }
})

describe('a policy that is pure', () => {
  const pure: InputReads = { tree: { members: { context: 'whole' } }, time: false, pure: true }
  const options = { maximumAllow: seconds(30), maximumDeny: seconds(3) }

  test.for([
    ['an allow', { allow: true }, 30],
    ['a deny', { allow: false }, 3],
    ['an allow with a shorter ttl', { allow: true, ttl: 10 }, 10],
    ['a deny with a longer ttl', { allow: false, ttl: 10 }, 3],
  ] as const)('keeps %s for so long', async ([, answer, lasting]) => {
    const { clock, count, ask } = setUp(() => answer, options, pure)
    await ask()
    clock.advance(lasting - 0.001)
    expect(await ask()).toMatchObject({ value: { allow: answer.allow, cache: 'hit-l1' } })
    expect(count.evaluations).toBe(1)
    clock.advance(0.001)
    await ask()
    expect(count.evaluations).toBe(2)
  })

  test('says no ttl that its author did not say', async () => {
    const { ask } = setUp(() => ({ allow: true }), options, pure)
    await ask()
    const hit = await ask()
    expect(hit).toMatchObject({ value: { cache: 'hit-l1' } })
    expect(hit.ok && 'ttl' in hit.value).toBe(false)
  })

  test('keeps nothing with a ttl of 0, and no refusal', async () => {
    for (const answer of [{ allow: true, ttl: 0 }, 'refuse'] as const) {
      const { store, count, ask } = setUp(() => answer, options, pure)
      await ask()
      await ask()
      expect(count.evaluations).toBe(2)
      expect(store.size().entries).toBe(0)
    }
  })

  test('finds no answer of one that is not, and the other way round', async () => {
    const { store, policy, count } = setUp(() => allow(10), options, pure)
    const other = counting(() => allow(10), policy.scope, { ...pure, pure: false })
    await cached(policy, store, options).evaluate(inputWith(), frameAt(noon))
    await cached(other.policy, store, options).evaluate(inputWith(), frameAt(noon))
    expect([count.evaluations, other.count.evaluations]).toEqual([1, 1])
  })
})

test('what a policy does not read makes no other key, and what it reads does', async () => {
  const reads: InputReads = { tree: { members: { context: { members: { a: {} } } } }, time: true, pure: false }
  const evaluations = async (...contexts: readonly JsonObject[]) => {
    const { count, ask } = setUp(() => allow(10), {}, reads)
    for (const context of contexts) await ask(context)
    return count.evaluations
  }
  expect(await evaluations({ a: 1 }, { a: 2 }, { a: 'x', b: 1 })).toBe(1)
  expect(await evaluations({ a: 1 }, {})).toBe(2)
  expect(await evaluations({ a: 1 }, { a: [] }, { a: {} })).toBe(3)
})

test('an input that cannot be written is refused before anything is looked for', async () => {
  const { ask, count } = setUp(() => allow(10))
  expect(await ask({ a: 'x'.repeat(9_000) })).toMatchObject({ ok: true })
  expect(await ask({ a: 'x'.repeat(11_000) })).toMatchObject({ ok: false, code: 'INPUT_LIMIT' })
  expect(count.evaluations).toBe(1)
})

test('a deny never outlives an allow, whatever the options say', async () => {
  const { clock, count, ask } = setUp(() => ({ allow: false, ttl: 3600 }), {
    maximumAllow: seconds(2),
    maximumDeny: seconds(60),
  })
  await ask()
  clock.advance(2)
  await ask()
  expect(count.evaluations).toBe(2)
})

test('every part of input and scope makes another key, and the time does not', async () => {
  const clock = createTestClock()
  const store = createMemoryStore({ clock, maximumEntries: 1000, maximumBytes: 1_000_000 })
  const scopes = [
    { module: 'm', data: 'd', entrypoint: 'e' },
    { module: 'm2', data: 'd', entrypoint: 'e' },
    { module: 'm', data: 'd2', entrypoint: 'e' },
    { module: 'm', data: 'd', entrypoint: 'e2' },
  ]
  const inputs: PolicyInput[] = [
    inputWith(),
    inputWith({ a: 1 }),
    inputWith({ a: '1' }),
    inputWith({}, { service: { name: 't' } }),
    inputWith({}, { pep: { name: 'other' } }),
    inputWith({}, { attested: { a: 'b' } }),
    inputWith({}, { attested_sources: { a: 'b' } }),
    inputWith({}, { action: { name: 'read' } }),
    inputWith({}, { resource: { name: 'read' } }),
    inputWith({}, { delegation: [{ issuer: 'a', id: 'b' }] }),
  ]
  let evaluations = 0
  for (const scope of scopes)
    for (const input of inputs) {
      const { policy, count } = counting(() => allow(10), scope)
      const keeper = cached(policy, store)
      await keeper.evaluate(input, frameAt())
      await keeper.evaluate({ ...input, time: { now_ns: '5' } }, frameAt())
      evaluations += count.evaluations
    }
  expect(evaluations).toBe(scopes.length * inputs.length)
})

test('1,000 equal asks at once are one evaluation, each answered in its own name', async () => {
  const { count, ask } = setUp(() => allow(10))
  const frames = Array.from({ length: 1000 }, () => frameAt())
  const answers = await Promise.all(frames.map((frame) => ask({}, frame)))
  expect(count.evaluations).toBe(1)
  for (const [i, answer] of answers.entries())
    expect(answer).toMatchObject({ ok: true, value: { allow: true, ask: frames[i]?.id } })
})

test.for([
  ['refuse', expect.objectContaining({ ok: false })],
  ['throw', 'rejected'],
  ['hang', 'waiting'],
] as const)('a leader that does %s poisons no follower', async ([fault, ending]) => {
  const { ask, count } = setUp((_text, evaluation) => (evaluation === 1 ? fault : allow(10)), { followMs: 5 })
  const leader = ask().catch(() => 'rejected')
  const followers = await Promise.all(Array.from({ length: 50 }, () => ask()))
  for (const answer of followers) expect(answer).toMatchObject({ ok: true, value: { allow: true } })
  expect(await Promise.race([leader, Promise.resolve('waiting')])).toEqual(ending)
  const before = count.evaluations
  expect(await ask()).toMatchObject({ value: { cache: 'hit-l1' } })
  expect(count.evaluations).toBe(before)
})

test('behind a leader that hangs the others choose another: two evaluations for a thousand asks', async () => {
  const { ask, count } = setUp((_text, evaluation) => (evaluation === 1 ? 'hang' : allow(10)), { followMs: 5 })
  void ask()
  const followers = await Promise.all(Array.from({ length: 1_000 }, () => ask()))
  for (const answer of followers) expect(answer).toMatchObject({ ok: true, value: { allow: true } })
  expect(count.evaluations).toBe(2)
})

test('who waited beyond its own deadline is not evaluated for', async () => {
  let time = 0
  const options = { followMs: 5, now: () => (time += 300) }
  const { ask, count } = setUp(() => 'hang', options)
  void ask({}, frameAt(noon, 1_000))
  await expect(Promise.all([ask({}, frameAt(noon, 100)), ask({}, frameAt(noon, 100))])).rejects.toThrow(DeadlineError)
  expect(count.evaluations).toBe(1)
})

describe('with a level that others share', () => {
  const shared = (worth: boolean, clock = createTestClock()) => {
    const store = createMemoryStore({ clock, maximumEntries: 10, maximumBytes: 10_000 })
    const level: SecondLevel = { worth: () => worth, get: store.get, put: store.put, evaluated: () => undefined }
    return { store, level }
  }

  test('what one evaluated answers the other, then by itself', async () => {
    const { level } = shared(true)
    const [a, b] = [setUp(() => allow(10), { shared: level }), setUp(() => allow(10), { shared: level })]
    const made = frameAt(noon)
    expect(await a.ask({}, made)).toMatchObject({ value: { cache: 'miss' } })
    b.clock.advance(4)
    expect(await b.ask()).toMatchObject({ value: { cache: 'hit-l2', filledBy: made.id, ttl: 6 } })
    expect(await b.ask()).toMatchObject({ value: { cache: 'hit-l1', filledBy: made.id, ttl: 6 } })
    b.clock.advance(6)
    expect(await b.ask()).toMatchObject({ value: { cache: 'miss' } })
    expect([a.count.evaluations, b.count.evaluations]).toEqual([1, 1])
  })

  test('is neither read nor filled where that is not worth it', async () => {
    const { store, level } = shared(false)
    const { ask } = setUp(() => allow(10), { shared: level })
    await ask()
    expect(store.size().entries).toBe(0)
  })

  test.for<readonly [string, () => Promise<Uint8Array | undefined>]>([
    ['throws', async () => Promise.reject(new Error('down'))],
    ['answers nothing', async () => undefined],
    ['answers nonsense', async () => new Uint8Array([1])],
  ])('that %s: a miss', async ([, get]) => {
    const { ask } = setUp(() => allow(10), { shared: { ...shared(true).level, get } })
    expect(await ask()).toMatchObject({ value: { allow: true, cache: 'miss' } })
    expect(await ask()).toMatchObject({ value: { allow: true, cache: 'hit-l1' } })
  })
})

describe('what an asker says of earlier answers', () => {
  const ways = {
    free: { read: true, store: true },
    noCache: { read: false, store: true },
    noStore: { read: true, store: false },
  }

  test('no-cache: evaluated anew, and kept for others', async () => {
    const { keeper, clock, count } = setUp(() => allow(10))
    const ask = (reuse: Reuse) => keeper.evaluate(inputWith(), frameAt(clock()), reuse)
    expect(await ask(ways.noCache)).toMatchObject({ value: { cache: 'bypass' } })
    expect(await ask(ways.free)).toMatchObject({ value: { cache: 'hit-l1' } })
    expect(await ask(ways.noCache)).toMatchObject({ value: { cache: 'bypass' } })
    expect(count.evaluations).toBe(2)
  })

  test('no-store: answered by what is there, and leaves nothing', async () => {
    const { keeper, clock, count, store } = setUp(() => allow(10))
    const ask = (reuse: Reuse) => keeper.evaluate(inputWith(), frameAt(clock()), reuse)
    expect(await ask(ways.noStore)).toMatchObject({ value: { cache: 'miss' } })
    expect(store.size().entries).toBe(0)
    await ask(ways.free)
    expect(await ask(ways.noStore)).toMatchObject({ value: { cache: 'hit-l1' } })
    expect(count.evaluations).toBe(2)
  })
})

test('entries of one moment end at different times, none after its license', async () => {
  const lives: number[] = []
  const store: CacheStore = { get: async () => undefined, put: (_key, _value, ttl) => void lives.push(ttl) }
  let drawn = 0
  const keeper = cached(counting(() => allow(10)).policy, store, { random: () => drawn++ / 10 })
  for (let i = 0; i <= 10; i++) await keeper.evaluate(inputWith({ i }), frameAt(noon))
  expect(new Set(lives).size).toBe(11)
  expect(Math.min(...lives)).toBeCloseTo(8)
  expect(Math.max(...lives)).toBeCloseTo(10)
})

test('asks that share a moment but may not share an answer are evaluated each', async () => {
  const { count, ask } = setUp(() => ({ allow: true }))
  await Promise.all(Array.from({ length: 20 }, () => ask()))
  expect(count.evaluations).toBe(20)
})

const storeOf = (get: CacheStore['get'], put: CacheStore['put'] = () => undefined): CacheStore => ({ get, put })
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const filledBy = frameAt().id

test.for<readonly [string, CacheStore]>([
  [
    'throws',
    storeOf(
      () => {
        throw new Error('down')
      },
      () => {
        throw new Error('down')
      },
    ),
  ],
  ['rejects', storeOf(async () => Promise.reject(new Error('down')))],
  ['answers bytes of nothing', storeOf(async () => new Uint8Array([0xff, 0]))],
  [
    'answers the value of a foreign key',
    storeOf(async () =>
      text({ key: 'f'.repeat(64), made_at: noon, filled_by: filledBy, result: { allow: true, ttl: 10 } }),
    ),
  ],
  [
    'answers a result that is none',
    storeOf(async (key) => text({ key, made_at: noon, filled_by: filledBy, result: { allow: 1, ttl: 10 } })),
  ],
  [
    'answers a result without a ttl',
    storeOf(async (key) => text({ key, made_at: noon, filled_by: filledBy, result: { allow: true } })),
  ],
  [
    'answers what has ended',
    storeOf(async (key) =>
      text({ key, made_at: noon - 10_000, filled_by: filledBy, result: { allow: true, ttl: 10 } }),
    ),
  ],
  [
    'answers from the future',
    storeOf(async (key) => text({ key, made_at: noon + 5_000, filled_by: filledBy, result: { allow: true, ttl: 10 } })),
  ],
  [
    'answers no decision',
    storeOf(async (key) => text({ key, made_at: noon, filled_by: 'x', result: { allow: true, ttl: 10 } })),
  ],
])('a store that %s is a miss', async ([, store]) => {
  const twin = storeOf(async (key: Digest) =>
    text({ key, made_at: noon, filled_by: filledBy, result: { allow: true, ttl: 10 } }),
  )
  const deny: Answers = () => ({ allow: false, ttl: 10 })
  const evaluate = (keeper: Policy) => keeper.evaluate(inputWith(), frameAt(noon))
  expect(await evaluate(cached(counting(deny).policy, twin))).toMatchObject({ value: { allow: true, cache: 'hit-l1' } })
  expect(await evaluate(cached(counting(deny).policy, store))).toMatchObject({ value: { allow: false, cache: 'miss' } })
})

test('an ask that began a moment before the answer was made may use it', async () => {
  const { ask, count } = setUp(() => allow(10))
  await ask({}, frameAt(noon))
  expect(await ask({}, frameAt(instant(noon - 5)))).toMatchObject({ value: { cache: 'hit-l1', ttl: 10 } })
  expect(count.evaluations).toBe(1)
})
