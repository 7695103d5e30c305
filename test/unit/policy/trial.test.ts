import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Evaluated } from '../../../pdp/core/evaluated.ts'
import type { DecisionId } from '../../../pdp/core/frame.ts'
import { ok, type Result, refuse } from '../../../pdp/core/result.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { evaluatorClauses } from '../../../pdp/policy/evaluator.ts'
import { isolatedClauses } from '../../../pdp/policy/isolated/isolated-policy.ts'
import { compareAnswers } from '../../../pdp/policy/rollout/compare-answers.ts'
import { createTrial, type Seen, type TrialParts } from '../../../pdp/policy/rollout/trial.ts'
import { createManualTime } from '../../support/manual-time.ts'

const answer = (more: object = {}): Result<Evaluated> =>
  ok({
    allow: true,
    reasons: [],
    obligations: [],
    requestHeaders: {},
    responseHeaders: {},
    ...more,
  } as unknown as Evaluated) // of no ask: nothing here is sealed
const failed = refuse('POLICY_ERROR', evaluatorClauses.trap, 'trapped')
const late = refuse('DEADLINE', isolatedClauses.deadline, 'stopped')
const waited = refuse('DEADLINE', isolatedClauses.waited, 'no thread')
const crowded = refuse('OVERLOADED', isolatedClauses.overloaded, 'too many')

test.for<readonly [string, Result<Evaluated>, Result<Evaluated>, string]>([
  ['the same', answer(), answer(), 'same'],
  ['other reasons', answer({ reasons: [{ code: 'a', message: '' }] }), answer(), 'same'],
  ['a denial', answer({ allow: false }), answer(), 'differs allow→deny'],
  ['an allow', answer(), answer({ allow: false }), 'differs deny→allow'],
  ['an obligation that is not performed', answer({ obligations: [{ type: 'x' }] }), answer(), 'differs allow→deny'],
  [
    'another obligation',
    answer({ obligations: [{ type: 'y', id: '1' }] }),
    answer({ obligations: [{ type: 'y' }] }),
    'differs answer',
  ],
  ['other headers', answer({ requestHeaders: { a: 'b' } }), answer(), 'differs answer'],
  ['another status', answer({ allow: false, status: 404 }), answer({ allow: false }), 'differs answer'],
  ['a failure', failed, answer(), 'error'],
  ['an evaluation without end', late, answer(), 'error'],
  ['failures of both', late, failed, 'same'],
  ['a failure of the active one alone', answer(), failed, 'unknown'],
  ['no thread for the candidate', waited, answer(), 'unknown'],
  ['no thread for the active one', answer(), crowded, 'unknown'],
])('%s', ([, candidate, active, expected]) => {
  const { outcome, kind } = compareAnswers(candidate, active, ['y'])
  expect([outcome, ...(kind === undefined ? [] : [kind])].join(' ')).toBe(expected)
})

function trialOf(more: Partial<TrialParts> = {}) {
  const time = createManualTime()
  let now = 0
  const settled: string[] = []
  const differed: string[] = []
  const trial = createTrial({
    rules: { promotes: true, asks: 3, maxDivergence: 0.5, maxErrors: 0 },
    sample: 1,
    cpu: 0.1,
    watchFor: seconds(10),
    settled: ({ outcome }) => settled.push(outcome),
    differed: (id, kind) => differed.push(`${id} ${kind}`),
    random: () => 0.5,
    schedule: time.schedule,
    now: () => now,
    ...more,
  })
  /** An ask whose comparison takes so many milliseconds. */
  const seen = (id: string, took: number, other: Result<Evaluated> = answer(), given = answer()): Seen => ({
    id: id as DecisionId,
    answer: given,
    performed: [],
    async other() {
      now += took
      return other
    },
  })
  return { trial, time, settled, differed, seen, advance: (ms: number) => void (now += ms) }
}

test('comparisons take no more than their share of the time; what comes meanwhile is skipped', async () => {
  const { trial, seen, advance } = trialOf()
  for (let i = 0; i < 100; i++) {
    trial.saw(seen(`a${i}`, 2))
    await turn()
    advance(1)
  }
  const { compared, skipped } = trial.state()
  expect(compared + skipped).toBe(100)
  expect(compared).toBeLessThanOrEqual(10)
  expect(compared).toBeGreaterThan(3)
})

test('what failed is compared in its turn, though others are skipped', async () => {
  const { trial, seen, differed, settled } = trialOf({ chooses: () => true })
  trial.saw(seen('first', 1))
  trial.saw(seen('second', 1))
  trial.saw(seen('third', 1, answer(), failed))
  for (let i = 0; i < 5; i++) await turn()
  expect(trial.state()).toMatchObject({ compared: 2, skipped: 1, errors: 1, outcome: 'rolled-back' })
  expect([differed, settled]).toEqual([['third error'], ['rolled-back']])
})

test('it settles once, after its time; an end is an end', async () => {
  const { trial, seen, time, settled, advance } = trialOf()
  for (const id of ['a', 'b', 'c']) {
    trial.saw(seen(id, 1, id === 'b' ? answer({ allow: false }) : answer()))
    await turn()
    await turn()
    advance(100)
  }
  expect([trial.state().outcome, settled]).toEqual(['watching', []])
  time.advance(10)
  expect(settled).toEqual(['promoted'])
  trial.saw(seen('d', 1, failed))
  await turn()
  expect(trial.state()).toMatchObject({ compared: 3, outcome: 'promoted' })
})

test('a sample of 0 compares nothing, a comparison that throws is skipped', async () => {
  const none = trialOf({ sample: 0 })
  none.trial.saw(none.seen('a', 1))
  await turn()
  expect(none.trial.state()).toMatchObject({ compared: 0, skipped: 0 })
  const { trial, seen } = trialOf()
  trial.saw({ ...seen('a', 1), other: async () => Promise.reject(new Error('gone')) })
  await turn()
  await turn()
  expect(trial.state()).toMatchObject({ compared: 0, skipped: 1 })
})
