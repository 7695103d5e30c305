import { describe, expect, test } from 'vitest'
import { createConcurrencyLimit } from '../../../pdp/doors/concurrency-limit.ts'

let time = 0
const limitOf = (more: Partial<Parameters<typeof createConcurrencyLimit>[0]> = {}) =>
  createConcurrencyLimit({ maximum: 8, targetMs: 100, queue: 2, waitMs: 30, now: () => (time += 250), ...more })

type Limit = ReturnType<typeof limitOf>

/** Asks that each find a place and take so long. */
function run(limit: Limit, asks: number, tookMs: number): void {
  for (let i = 0; i < asks; i++) {
    void limit.enter()
    limit.leave(tookMs)
  }
}

describe('places', () => {
  test('as many as there are, then a queue, then none', async () => {
    const limit = limitOf({ maximum: 2 })
    expect([limit.enter(), limit.enter()]).toEqual([true, true])
    const [first, second] = [limit.enter(), limit.enter()]
    expect(limit.enter()).toBe(false)
    limit.leave(1)
    expect(await second, 'the newest first').toBe(true)
    expect(await first, 'the other waited too long').toBe(false)
    limit.leave(1)
    expect(limit.enter()).toBe(true)
  })

  test('a place that was given up is not given away twice', async () => {
    const limit = limitOf({ maximum: 1 })
    void limit.enter()
    const waited = limit.enter()
    limit.leave(1)
    expect(await waited).toBe(true)
    expect(limit.enter()).not.toBe(true)
  })
})

describe('the limit moves', () => {
  test('down while asks take too long, to a minimum; up again, to the maximum, while it holds others back', () => {
    const limit = limitOf({ maximum: 100, queue: 0 })
    run(limit, 100, 101)
    expect(limit.limit(), 'slow once').toBe(100)
    run(limit, 100, 101)
    expect(limit.limit()).toBe(80)
    run(limit, 80, 101)
    expect(limit.limit()).toBe(64)
    for (let i = 0; i < 100; i++) run(limit, 100, 1_000)
    expect(limit.limit()).toBe(4)
    run(limit, 100, 1)
    expect(limit.limit(), 'nobody was held back').toBe(4)
    for (let i = 0; i < 100; i++) {
      while (limit.enter() === true);
      for (let n = limit.limit(); n > 0; n--) limit.leave(1)
      run(limit, 20, 1)
    }
    expect(limit.limit()).toBe(100)
  })

  test('not by one pause within a window', () => {
    let now = 0
    const limit = limitOf({ maximum: 20, now: () => now })
    run(limit, 20, 1_000)
    now = 249
    run(limit, 400, 10)
    now = 250
    run(limit, 1, 10)
    expect(limit.limit()).toBe(20)
  })

  test('as long as may be is not too long', () => {
    const limit = limitOf({ maximum: 20 })
    run(limit, 20, 100)
    expect(limit.limit()).toBe(20)
    run(limit, 40, 100.1)
    expect(limit.limit()).toBe(16)
  })
})
