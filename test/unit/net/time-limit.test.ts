import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTimeLimit, tookTooLong } from '../../../pdp/net/time-limit.ts'

test('answers what comes in time, and otherwise that it did not', async () => {
  const limit = createTimeLimit(20)
  expect(await limit(Promise.resolve('x'))).toBe('x')
  expect(await limit(delay(1, 'later'))).toBe('later')
  expect(await limit(new Promise(() => undefined))).toBe(tookTooLong)
  await expect(limit(Promise.reject(new Error('no')))).rejects.toThrow('no')
})

test('bounds each by its own beginning', async () => {
  const limit = createTimeLimit(60)
  const first = limit(new Promise(() => undefined))
  await delay(40)
  const second = limit(delay(40, 'second'))
  expect(await first).toBe(tookTooLong)
  expect(await second).toBe('second')
})

test('a reply that came while this thread was busy still counts', async () => {
  const limit = createTimeLimit(10)
  const reply = limit(new Promise((resolve) => setImmediate(resolve, 'there')))
  const until = performance.now() + 30
  while (performance.now() < until); // busy
  expect(await reply).toBe('there')
})
