import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Digest, sha256 } from '../../pdp/core/digest.ts'
import type { DecisionId } from '../../pdp/core/frame.ts'
import { type Instant, instant, plus, seconds } from '../../pdp/core/time.ts'
import type { FirstUse, Use } from '../../pdp/seams.ts'

// Random histories of claims and of a clock that also steps back, against a model that forgets nothing.

/** Makes an empty store that has known every claim since then, and holds so many. */
export type CreateBounded = (startedAt: Instant, maximum: number) => FirstUse | Promise<FirstUse>

const start = instant(1_760_000_000_000)
const claimed = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  age: fc.integer({ min: 0, max: 4 }),
  life: fc.integer({ min: 1, max: 40 }),
})
const step = fc.record({
  wait: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 3000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -8000, max: 60_000 }) },
  ),
  asker: fc.constantFrom('one', 'two'),
  uses: fc.array(claimed, { minLength: 1, maxLength: 2 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
const history = fc.array(step, { minLength: 30, maxLength: 60 })
type Answer = Awaited<ReturnType<FirstUse['claim']>>

const useOf = ({ name, age, life }: Step['uses'][number], now: Instant): Use => {
  const issuedAt = plus(now, seconds(-age))
  return { purpose: 'p', parts: [name], issuedAt, until: plus(issuedAt, seconds(life)) }
}

/** Every claim that was ever granted, for ever. Answers what a store may say; `grant` is told if it said `first`. */
function createModel(startedAt: Instant, maximum: number) {
  const granted: { name: string; by: Digest; at: Instant; until: Instant }[] = []
  let latest = startedAt
  const namesHeld = (held: (until: Instant) => boolean, besides: readonly string[]) =>
    new Set(granted.filter(({ name, until }) => held(until) && !besides.includes(name)).map(({ name }) => name)).size

  function allowed(uses: readonly Use[], names: readonly string[], by: Digest, now: Instant): readonly Answer[] {
    latest = instant(Math.max(latest, now))
    if (uses.some(({ issuedAt, until }) => issuedAt < startedAt || until <= latest)) return ['unknown']
    const held = granted.filter(({ name, until }) => names.includes(name) && until > latest)
    if (held.length > 0) {
      const retry = held.every((claim) => claim.by === by && Math.abs(now - claim.at) <= 5000)
      return [retry && held.length === names.length ? 'same-ask' : 'used']
    }
    if (namesHeld((until) => until > latest, names) + names.length > maximum) return ['unknown']
    // what ended within this second may still take room
    const mayBeFull = namesHeld((until) => secondOf(until) >= secondOf(latest), []) + names.length > maximum
    return mayBeFull ? ['first', 'unknown'] : ['first']
  }

  return (uses: readonly Use[], by: Digest, now: Instant) => {
    const names = [...new Set(uses.map(({ parts }) => parts.join()))]
    const grant = () => {
      for (const name of names) {
        const untils = uses.filter(({ parts }) => parts.join() === name).map(({ until }) => until)
        granted.push({ name, by, at: now, until: instant(Math.max(...untils)) })
      }
    }
    return { allowed: allowed(uses, names, by, now), grant }
  }
}

const secondOf = (at: Instant) => Math.floor(at / 1000)

/** Runs a history; answers how often each answer was right, and the first difference. */
async function compare(store: FirstUse, maximum: number, steps: readonly Step[]) {
  const model = createModel(start, maximum)
  const seen: Record<Answer, number> = { first: 0, 'same-ask': 0, used: 0, unknown: 0 }
  let now = start
  for (const [n, { wait, asker, uses }] of steps.entries()) {
    now = instant(now + wait)
    const frame = { id: '01890000-0000-7000-8000-000000000000' as DecisionId, now, deadline: plus(now, seconds(1)) } // any id
    const real = uses.map((use) => useOf(use, now))
    const { allowed, grant } = model(real, sha256(asker), now)
    const answer = await store.claim(real, sha256(asker), frame)
    if (!allowed.includes(answer))
      return { seen, difference: `step ${n}: ${answer} in place of ${allowed.join(' or ')}` }
    if (answer === 'first') grant()
    seen[answer]++
  }
  return { seen }
}

/** Declares the test of one store. `bounded`: it says `unknown` where it would hold more than its maximum. */
export function testFirstUseModel(
  name: string,
  create: CreateBounded,
  { bounded, runs }: { readonly bounded: boolean; readonly runs: number },
): void {
  describe(`${name} first use, against the model`, () => {
    test('answers as one that forgets nothing', async () => {
      const total: Record<Answer, number> = { first: 0, 'same-ask': 0, used: 0, unknown: 0 }
      await fc.assert(
        fc.asyncProperty(history, fc.integer({ min: 2, max: 8 }), async (steps, maximum) => {
          const { seen, difference } = await compare(await create(start, maximum), bounded ? maximum : Infinity, steps)
          expect(difference).toBeUndefined()
          for (const answer of ['first', 'same-ask', 'used', 'unknown'] as const) total[answer] += seen[answer]
        }),
        { numRuns: runs, seed: 20_251_009 },
      )
      console.log(`answers: ${JSON.stringify(total)}`)
      for (const [answer, count] of Object.entries(total)) expect(count, answer).toBeGreaterThan(runs / 6)
    })

    test.for<readonly [string, (store: FirstUse) => FirstUse]>([
      [
        'forgets one claim in twenty',
        (store) => {
          let n = 0
          return { claim: async (...args) => (++n % 20 === 0 ? 'first' : store.claim(...args)) }
        },
      ],
      [
        'takes any asker for the same',
        (store) => ({ claim: (uses, _by, frame) => store.claim(uses, sha256('anyone'), frame) }),
      ],
      [
        'claims the first of several uses alone',
        (store) => ({ claim: (uses, by, frame) => store.claim(uses.slice(0, 1), by, frame) }),
      ],
    ])('finds a store that %s', async ([, spoil]) => {
      const found = await fc.check(
        fc.asyncProperty(history, async (steps) => {
          return (await compare(spoil(await create(start, 8)), bounded ? 8 : Infinity, steps)).difference === undefined
        }),
        { numRuns: 500, seed: 1 },
      )
      expect(found.failed).toBe(true)
    })
  })
}
