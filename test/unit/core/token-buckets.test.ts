import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTokenBuckets } from '../../../pdp/core/token-buckets.ts'

describe('token buckets', () => {
  test('a burst, then one for each part of a second; each key has its own', () => {
    let time = 1_000
    const take = createTokenBuckets({ perSecond: 10, burst: 3 }, () => time)
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([true, true, true, false])
    expect(take('b')).toBe(true)
    time += 99
    expect(take('a')).toBe(false)
    time += 1
    expect([take('a'), take('a')]).toEqual([true, false])
    time += 10_000
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([true, true, true, false])
  })

  test('more keys than there is room for: the one not used for longest begins anew', () => {
    const take = createTokenBuckets({ perSecond: 1, burst: 1 }, () => 0, 2)
    expect([take('a'), take('b'), take('a'), take('c')]).toEqual([true, true, false, true])
    expect([take('b'), take('c')]).toEqual([false, false])
    expect(take('a')).toBe(true)
  })

  test('in any time, never more than a burst and what it gave back; never less to who waits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 50, maxLength: 300 }),
        (perSecond, burst, waits) => {
          let time = 0
          let tokens = burst
          const take = createTokenBuckets({ perSecond, burst }, () => time)
          for (const wait of waits) {
            time += wait
            tokens = Math.min(burst, tokens + (wait * perSecond) / 1_000)
            const taken = take('a')
            if (Math.abs(tokens - 1) > 1e-6) expect(taken).toBe(tokens > 1)
            if (taken) tokens -= 1
          }
        },
      ),
      { numRuns: 300, seed: 5 },
    )
  })
})
