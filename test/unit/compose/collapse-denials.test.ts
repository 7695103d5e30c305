import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createMemoryLog } from '../../../pdp/audit/memory-log.ts'
import { collapseDenials } from '../../../pdp/compose/collapse-denials.ts'
import type { EventFacts } from '../../../pdp/core/event-record.ts'
import type { DecisionRecord } from '../../../pdp/core/record.ts'
import { instant } from '../../../pdp/core/time.ts'
import { bareRecord, clauseOf, decisionRecord } from '../audit/sample-records.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const start = Date.UTC(2026, 0, 2, 3, 4, 5)

function setUp(fails: () => boolean = () => false) {
  const told: EventFacts['aggregate'][] = []
  const memory = createMemoryLog()
  let now = start
  const log = collapseDenials(memory, {
    perSecond: 10,
    everyMs: 5_000,
    clock: () => instant(now),
    record: async (facts) => {
      if (fails()) throw new Error('no space')
      told.push(facts)
    },
  })
  const denial = (n: number, more: Partial<DecisionRecord> = {}): DecisionRecord => {
    const { error: _error, ...record } = bareRecord(n)
    return { ...record, code: 'EXPIRED', at: instant(now), ...more }
  }
  const flood = async (from: number, count: number, more: Partial<DecisionRecord> = {}) =>
    Promise.allSettled(Array.from({ length: count }, (_, i) => log.append(denial(from + i, more))))
  const pass = async (ms: number) => {
    now += ms
    await vi.advanceTimersByTimeAsync(ms)
  }
  return { log, memory, told, flood, pass }
}

test('a flood of denials is ten records and a count; the next second is as before', async () => {
  const { memory, told, flood, pass } = setUp()
  const settled = await flood(0, 1_000)
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  expect(memory.lines()).toHaveLength(10)
  await pass(1_000)
  await flood(1_000, 3)
  expect(memory.lines()).toHaveLength(13)
  await pass(4_000)
  expect(told).toMatchObject([
    {
      of: 'denies',
      source: 'orders-api orders',
      count: 990,
      codes: { EXPIRED: 990 },
      from: '2026-01-02T03:04:05.000Z',
    },
  ])
  expect(told[0]?.samples).toHaveLength(5)
  await pass(20_000)
  expect(told).toHaveLength(1)
})

test('sources are told apart, and each may have its ten', async () => {
  const { memory, told, flood, pass } = setUp()
  await flood(0, 20)
  await flood(100, 12, { pep: 'other' })
  expect(memory.lines()).toHaveLength(20)
  await pass(5_000)
  expect(told.map(({ source, count }) => [source, count])).toEqual([
    ['orders-api orders', 10],
    ['other orders', 2],
  ])
})

test('an allow, an allow among denials, and a fault are always recorded', async () => {
  const { log, memory, flood } = setUp()
  await flood(0, 20)
  const { questions } = decisionRecord(1)
  const kept = [
    decisionRecord(500),
    { ...bareRecord(501), questions: [...questions, { code: 'EXPIRED' as const, clause: clauseOf('x') }] },
    bareRecord(502),
  ]
  for (const record of kept) await log.append(record)
  expect(memory.lines()).toHaveLength(13)
})

test('what cannot be told stays counted, and the end tells it', async () => {
  let broken = true
  const { log, told, flood, pass } = setUp(() => broken)
  await flood(0, 20)
  await pass(5_000)
  await flood(100, 25)
  await pass(5_000)
  expect(told).toEqual([])
  broken = false
  await log.close()
  expect(told).toMatchObject([{ count: 25, from: '2026-01-02T03:04:05.000Z' }])
})
