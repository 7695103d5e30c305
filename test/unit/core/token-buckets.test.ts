import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTokenBuckets } from '../../../pdp/core/token-buckets.ts'

describe('token buckets', () => {
  test('a burst, then one for each part of a second, and how long until then; each key has its own', () => {
    let time = 1_000
    const { take } = createTokenBuckets({ perSecond: 10, burst: 3 }, () => time)
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 0.1])
    expect(take('b')).toBe(0)
    time += 99
    expect(take('a')).toBeCloseTo(0.001)
    time += 1
    expect([take('a'), take('a')]).toEqual([0, 0.1])
    time += 10_000
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 0.1])
  })

  test('what was taken elsewhere is waited for; it gives nothing back', () => {
    let time = 1_000
    const { take, drain } = createTokenBuckets({ perSecond: 10, burst: 3 }, () => time)
    drain('a', time + 200) // two of three are gone
    expect([take('a'), take('a')]).toEqual([0, 0.1])
    drain('a', time + 100)
    expect(take('a')).toBe(0.1)
    drain('a', time + 5_000)
    expect(take('a')).toBeCloseTo(4.8)
    time += 4_800
    expect([take('a'), take('a')]).toEqual([0, 0.1])
  })

  test('more keys than there is room for: the one not used for longest begins anew', () => {
    const { take } = createTokenBuckets({ perSecond: 1, burst: 1 }, () => 0, 2)
    expect([take('a'), take('b'), take('a'), take('c')]).toEqual([0, 0, 1, 0])
    expect([take('b'), take('c')]).toEqual([1, 1])
    expect(take('a')).toBe(0)
  })

  test('in any time, never more than a burst and what it gave back; never less to who waits as long as it was told', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 50, maxLength: 300 }),
        (perSecond, burst, waits) => {
          let time = 0
          let tokens = burst
          const { take } = createTokenBuckets({ perSecond, burst }, () => time)
          for (const wait of waits) {
            time += wait
            tokens = Math.min(burst, tokens + (wait * perSecond) / 1_000)
            const left = take('a')
            if (Math.abs(tokens - 1) > 1e-6) expect(left === 0).toBe(tokens > 1)
            if (left === 0) tokens -= 1
            else expect(left * perSecond).toBeCloseTo(1 - tokens)
          }
        },
      ),
      { numRuns: 300, seed: 5 },
    )
  })
})
