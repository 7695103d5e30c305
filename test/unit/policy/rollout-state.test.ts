import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../../../pdp/core/caller.ts'
import {
  type RolloutEvent,
  type RolloutRules,
  type RolloutState,
  stepRollout,
  watching,
} from '../../../pdp/policy/rollout/rollout-state.ts'
import { createShareOfSubjects } from '../../../pdp/policy/rollout/share-of-subjects.ts'

const run = (events: readonly RolloutEvent[], rules: RolloutRules): RolloutState =>
  events.reduce<RolloutState>((state, event) => stepRollout(state, event, rules), watching)
const of = (text: string): readonly RolloutEvent[] =>
  [...text].map((letter) => ({ s: 'same', d: 'differs', e: 'error', t: 'time' })[letter] as RolloutEvent)

describe('a candidate', () => {
  const strict: RolloutRules = { promotes: true, asks: 3, maxDivergence: 0, maxErrors: 0 }
  const lax: RolloutRules = { promotes: true, asks: 4, maxDivergence: 0.5, maxErrors: 0.25 }
  test.for<readonly [string, RolloutRules, RolloutState['outcome']]>([
    ['', strict, 'watching'],
    ['sss', strict, 'watching'],
    ['t', strict, 'watching'],
    ['ssts', strict, 'promoted'],
    ['ssst', strict, 'promoted'],
    ['tsss', strict, 'promoted'],
    ['tss', strict, 'watching'],
    ['d', strict, 'rolled-back'],
    ['e', strict, 'rolled-back'],
    ['ssd', strict, 'rolled-back'],
    ['ssstd', strict, 'promoted'],
    ['dsss', strict, 'rolled-back'],
    ['dd', lax, 'watching'],
    ['ddsst', lax, 'promoted'],
    ['ddd', lax, 'rolled-back'],
    ['e', lax, 'watching'],
    ['ee', lax, 'rolled-back'],
    ['esst', lax, 'watching'],
    ['essst', lax, 'promoted'],
    ['ddsssd', lax, 'watching'],
    ['ddsssdd', lax, 'rolled-back'],
    ['dededet', { ...lax, promotes: false }, 'watching'],
  ])('%s', ([events, rules, outcome]) => expect(run(of(events), rules).outcome).toBe(outcome))

  test('is promoted only within its shares and after its time, rolled back only beyond them, and ends once', () => {
    const event = fc.constantFrom<RolloutEvent>('same', 'same', 'same', 'differs', 'error', 'time')
    const share = fc.constantFrom(0, 0.05, 0.2, 0.5, 1)
    const rules = fc.record({ promotes: fc.boolean(), asks: fc.nat(20), maxDivergence: share, maxErrors: share })
    let ends = 0
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), rules, (events, given) => {
        const state = run(events, given)
        const { compared, differences, errors } = state
        const [allowed, failing] = [given.maxDivergence, given.maxErrors].map(
          (one) => one * Math.max(compared, given.asks),
        )
        const isWithin = differences <= (allowed ?? 0) && errors <= (failing ?? 0)
        if (state.outcome === 'promoted')
          expect([given.promotes, isWithin, state.timeIsUp, compared >= given.asks]).not.toContain(false)
        if (state.outcome === 'rolled-back') expect([given.promotes, !isWithin]).not.toContain(false)
        if (state.outcome === 'watching') expect(!given.promotes || isWithin).toBe(true)
        if (state.outcome !== 'watching') {
          ends++
          expect(stepRollout(state, 'error', given)).toBe(state)
        }
      }),
      { numRuns: 1_000 },
    )
    expect(ends).toBeGreaterThan(20)
  })
})

describe('a share of subjects', () => {
  const key = Buffer.alloc(32, 7)
  const caller = (id: string, ask = 'a') => ({ ask, subject: { issuer: 'i', id } }) as unknown as Caller // what is read of one
  const chosen = (chooses: (of: Caller) => boolean) =>
    Array.from({ length: 10_000 }, (_, n) => String(n)).filter((id) => chooses(caller(id)))

  test('is the same subjects each time, and others for another candidate or key', () => {
    const some = chosen(createShareOfSubjects(0.1, key, 'c1'))
    expect(some.length).toBeGreaterThan(800)
    expect(some.length).toBeLessThan(1_200)
    expect(chosen(createShareOfSubjects(0.1, key, 'c1'))).toEqual(some)
    for (const others of [createShareOfSubjects(0.1, key, 'c2'), createShareOfSubjects(0.1, Buffer.alloc(32), 'c1')])
      expect(chosen(others).filter((id) => some.includes(id)).length).toBeLessThan(300)
    const more = chosen(createShareOfSubjects(0.3, key, 'c1'))
    expect(some.every((id) => more.includes(id))).toBe(true)
  })

  test('is nobody at 0, everybody at 1, and of nobody in particular ask by ask', () => {
    expect(chosen(createShareOfSubjects(0, key, 'c'))).toEqual([])
    expect(chosen(createShareOfSubjects(1, key, 'c'))).toHaveLength(10_000)
    const anonymous = Array.from({ length: 1_000 }, (_, n) => ({ ask: `a${n}` }) as unknown as Caller)
    const some = anonymous.filter(createShareOfSubjects(0.5, key, 'c')).length
    expect(some).toBeGreaterThan(400)
    expect(some).toBeLessThan(600)
  })
})
