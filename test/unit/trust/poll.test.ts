import { expect, test, vi } from 'vitest'
import { type Seconds, seconds } from '../../../pdp/core/time.ts'
import { poll } from '../../../pdp/trust/poll.ts'
import { createManualTime } from '../../support/manual-time.ts'

const turn = () => new Promise(setImmediate)

test('waits as long as the last attempt said, and never makes two at once', async () => {
  const time = createManualTime()
  let finish = (_: Seconds) => {}
  const attempt = vi.fn<() => Promise<Seconds>>(() => new Promise<Seconds>((settle) => (finish = settle)))
  const end = poll(attempt, seconds(5), time.schedule)
  time.advance(5)
  expect(attempt).toHaveBeenCalledTimes(1)
  time.advance(100)
  expect(attempt).toHaveBeenCalledTimes(1)
  finish(seconds(7))
  await turn()
  expect(time.pending()).toEqual([7])
  time.advance(7)
  expect(attempt).toHaveBeenCalledTimes(2)
  end()
  finish(seconds(7))
  await turn()
  expect(time.pending()).toEqual([])
})

test('an attempt that throws is made again after the same delay', async () => {
  const time = createManualTime()
  poll(() => Promise.reject(new Error('x')), seconds(5), time.schedule)
  for (let i = 0; i < 3; i++) {
    expect(time.pending()).toEqual([5])
    time.advance(5)
    await turn()
  }
})
