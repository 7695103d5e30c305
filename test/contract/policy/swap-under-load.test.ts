import { expect, test } from 'vitest'
import { type Answered, swapUnderLoad, wrongAnswers } from '../../soak/bundles/run.ts'

test.for<readonly [string, readonly Answered[]]>([
  ['an allow of another revision', [[2, 'ALLOWED', 'r1']]],
  ['a denial of its own', [[1, 'POLICY_DENIED', 'r1']]],
  ['a failure', [[1, 'POLICY_UNAVAILABLE', undefined]]],
  [
    'an older revision after a newer',
    [
      [2, 'ALLOWED', 'r2'],
      [1, 'ALLOWED', 'r1'],
    ],
  ],
])('finds %s', ([, answers]) => expect(wrongAnswers(answers)).toHaveLength(1))

test('while bundles take each other’s place, each answer is of exactly one, and none fails', async () => {
  const { wrong, ...report } = await swapUnderLoad(10_000, 20)
  expect(wrong).toEqual([])
  expect(report).toMatchObject({ activations: 20, revisions: 21 })
  expect(report.asks).toBeGreaterThanOrEqual(10_000)
  expect(report.across).toBeGreaterThan(0)
}, 60_000)

test('so it is with bundles of a server', async () => {
  const { wrong, ...report } = await swapUnderLoad(2_000, 5, { from: 'server' })
  expect(wrong).toEqual([])
  expect(report).toMatchObject({ activations: 5, revisions: 6 })
}, 60_000)
