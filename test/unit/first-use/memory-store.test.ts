import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../pdp/core/digest.ts'
import type { DecisionId, Frame } from '../../../pdp/core/frame.ts'
import { instant, plus, seconds } from '../../../pdp/core/time.ts'
import { createMemoryFirstUse } from '../../../pdp/first-use/memory-store.ts'
import type { Use } from '../../../pdp/seams.ts'

const start = instant(1_760_000_000_000)
const at = (n: number) => plus(start, seconds(n))
const frame = (n: number): Frame => ({
  id: '01890000-0000-7000-8000-000000000000' as DecisionId, // any will do: a store takes the time alone
  now: at(n),
  deadline: at(n + 1),
})
const use = (name: string, issued: number, life = 60): Use => ({
  purpose: 'dpop',
  parts: [name],
  issuedAt: at(issued),
  until: at(issued + life),
})
const asker = sha256('ask one')

describe('after a start', () => {
  test.for<readonly [string, number, 'first' | 'unknown']>([
    ['at the start', 0, 'first'],
    ['after the start', 1, 'first'],
    ['just before the start', -0.001, 'unknown'],
    ['long before the start', -59, 'unknown'],
  ])('a use issued %s', async ([, issued, expected]) => {
    const store = createMemoryFirstUse({ startedAt: start, maximum: 10 })
    expect(await store.claim([use('a', issued)], asker, frame(0.5))).toBe(expected)
  })

  test('a use issued before it stays refused for as long as it lasts', async () => {
    const store = createMemoryFirstUse({ startedAt: start, maximum: 10 })
    for (const n of [0, 30, 58.9, 59, 3600]) {
      expect(await store.claim([use('old', -1)], asker, frame(n)), `${n} s after the start`).toBe('unknown')
    }
  })

  test('an issuer ahead by the leeway does not open the gap', async () => {
    const store = createMemoryFirstUse({ startedAt: start, leeway: seconds(30), maximum: 10 })
    expect(await store.claim([use('a', 30)], asker, frame(1))).toBe('first')
    expect(await store.claim([use('b', 29.999)], asker, frame(1))).toBe('unknown')
  })

  test('one use that cannot be known leaves the others unclaimed', async () => {
    const store = createMemoryFirstUse({ startedAt: start, maximum: 10 })
    expect(await store.claim([use('a', 0), use('b', -1)], asker, frame(0))).toBe('unknown')
    expect(await store.claim([use('a', 0)], sha256('another'), frame(0))).toBe('first')
  })
})

describe('bounded', () => {
  test('what is in force is never forgotten to make room', async () => {
    const store = createMemoryFirstUse({ startedAt: start, maximum: 3 })
    for (const name of ['a', 'b', 'c']) expect(await store.claim([use(name, 0)], asker, frame(0))).toBe('first')
    expect(await store.claim([use('d', 0)], asker, frame(0))).toBe('unknown')
    expect(await store.claim([use('a', 0)], sha256('another'), frame(0))).toBe('used')
    expect(await store.claim([use('a', 0)], asker, frame(0))).toBe('same-ask')
  })

  test('there is room again once uses have ended', async () => {
    const store = createMemoryFirstUse({ startedAt: start, maximum: 2 })
    expect(await store.claim([use('a', 0), use('b', 0)], asker, frame(0))).toBe('first')
    expect(await store.claim([use('c', 1)], asker, frame(59))).toBe('unknown')
    expect(await store.claim([use('c', 2)], asker, frame(61))).toBe('first')
  })

  test('all uses of a claim must fit', async () => {
    const store = createMemoryFirstUse({ startedAt: start, maximum: 2 })
    expect(await store.claim([use('a', 0), use('b', 0), use('c', 0)], asker, frame(0))).toBe('unknown')
    expect(await store.claim([use('a', 0), use('b', 0)], asker, frame(0))).toBe('first')
  })
})

describe('the clock', () => {
  test('set back does not revive a use that was forgotten', async () => {
    const store = createMemoryFirstUse({ startedAt: start, maximum: 10 })
    expect(await store.claim([use('a', 0)], asker, frame(0))).toBe('first')
    expect(await store.claim([use('b', 3600)], asker, frame(3600))).toBe('first')
    expect(await store.claim([use('a', 0)], sha256('another'), frame(1))).toBe('unknown')
  })

  test('a name used again after it ended lasts as long as its later use', async () => {
    const store = createMemoryFirstUse({ startedAt: start, maximum: 10 })
    expect(await store.claim([use('a', 0, 10.2)], asker, frame(0))).toBe('first')
    expect(await store.claim([use('a', 10.3, 60)], asker, frame(10.4))).toBe('first')
    expect(await store.claim([use('b', 12, 60)], asker, frame(12))).toBe('first')
    expect(await store.claim([use('a', 10.3, 60)], sha256('another'), frame(40))).toBe('used')
  })

  test('a year without an ask costs no more than what is held', async () => {
    const store = createMemoryFirstUse({ startedAt: start, maximum: 10 })
    const year = 365 * 86400
    expect(await store.claim([use('a', 0)], asker, frame(0))).toBe('first')
    const before = process.cpuUsage().user
    expect(await store.claim([use('b', year)], asker, frame(year))).toBe('first')
    expect(process.cpuUsage().user - before).toBeLessThan(500_000)
  })
})
