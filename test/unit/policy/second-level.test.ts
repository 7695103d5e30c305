import { expect, test } from 'vitest'
import type { Digest } from '../../../pdp/core/digest.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { createRunningMedian } from '../../../pdp/policy/running-median.ts'
import { createSecondLevels, type SecondLevelUse } from '../../../pdp/policy/second-level.ts'

function setUp(use: SecondLevelUse, readMs = 0.1) {
  let time = 0
  let reads = 0
  const store = {
    async get() {
      reads++
      time += readMs
      return undefined
    },
    put: () => undefined,
  }
  const level = createSecondLevels(store, use, () => time)()
  const evaluate = (ms: number, times = 1) => {
    for (let i = 0; i < times; i++) level.evaluated(ms)
  }
  return { level, evaluate, reads: () => reads, wait: (ms: number) => void (time += ms) }
}

test('auto: worth it once evaluations were measured to cost more than a read', () => {
  const { level, evaluate } = setUp('auto')
  expect(level.worth()).toBe(false)
  evaluate(0.005, 100)
  expect(level.worth()).toBe(false)
  evaluate(5, 200)
  expect(level.worth()).toBe(true)
})

test('auto: one long evaluation among short ones changes nothing', () => {
  const { level, evaluate } = setUp('auto')
  evaluate(0.05, 100)
  evaluate(1_000)
  expect(level.worth()).toBe(false)
})

test('auto: a read a second is measured beside cheap evaluations, so that a faster store is noticed', async () => {
  const { level, evaluate, reads, wait } = setUp('auto', 0.01)
  evaluate(0.05, 50)
  expect(level.worth()).toBe(false)
  for (let second = 0; second < 20; second++) {
    wait(1_001)
    evaluate(0.05, 10)
    await Promise.resolve()
  }
  expect(reads()).toBe(21)
  expect(level.worth()).toBe(true)
})

test('always and never do not ask what it costs', () => {
  const [always, never] = [setUp('always'), setUp('never')]
  always.evaluate(0.0001, 100)
  never.evaluate(100, 100)
  expect([always.level.worth(), never.level.worth()]).toEqual([true, false])
  expect([always.reads(), never.reads()]).toEqual([0, 0])
})

test('values go through', async () => {
  const put: unknown[] = []
  const level = createSecondLevels(
    { get: async () => new Uint8Array([1]), put: (...args) => void put.push(args) },
    'always',
  )()
  const key = 'a'.repeat(64) as Digest // hexadecimal digits
  level.put(key, new Uint8Array([2]), seconds(3))
  expect(await level.get(key)).toEqual(new Uint8Array([1]))
  expect(put).toEqual([[key, new Uint8Array([2]), 3]])
})

test('a running median comes near the median, whatever lies far out', () => {
  const median = createRunningMedian()
  expect(median.value()).toBeUndefined()
  for (let i = 0; i < 1_000; i++) median.add(i % 10 === 0 ? 1e9 : 7)
  expect(median.value()).toBeGreaterThan(5)
  expect(median.value()).toBeLessThan(10)
})
