import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRefusalTally } from '../../../pdp/compose/tally-refusals.ts'
import type { EventFacts } from '../../../pdp/core/event-record.ts'
import { instant } from '../../../pdp/core/time.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const start = Date.UTC(2026, 0, 2, 3, 4, 5)

function tally(record: (facts: EventFacts['aggregate']) => Promise<unknown>) {
  let now = start
  const refusals = createRefusalTally(record, () => instant(now), 1_000)
  const pass = async (ms: number) => {
    now += ms
    await vi.advanceTimersByTimeAsync(ms)
  }
  return { refusals, pass }
}

test('refusals of a time are one record; where there were none, there is none', async () => {
  const records: EventFacts['aggregate'][] = []
  const { refusals, pass } = tally(async (facts) => records.push(facts))
  await pass(5_000)
  expect(records).toEqual([])
  for (let n = 0; n < 1_000; n++) refusals.refused('PEP_UNAUTHENTICATED')
  refusals.refused('RATE_LIMITED')
  await pass(1_000)
  const codes = { PEP_UNAUTHENTICATED: 1_000, RATE_LIMITED: 1 }
  expect(records).toEqual([
    { of: 'requests', count: 1_001, codes, from: '2026-01-02T03:04:10.000Z', to: '2026-01-02T03:04:11.000Z' },
  ])
  await pass(5_000)
  expect(records).toHaveLength(1)
})

test('what cannot be recorded stays counted, from when it began', async () => {
  const records: EventFacts['aggregate'][] = []
  let broken = true
  const { refusals, pass } = tally(async (facts) => {
    if (broken) throw new Error('no space')
    records.push(facts)
  })
  refusals.refused('OVERLOADED')
  await pass(1_000)
  refusals.refused('OVERLOADED')
  await pass(1_000)
  broken = false
  await pass(1_000)
  expect(records).toMatchObject([{ count: 2, codes: { OVERLOADED: 2 }, from: '2026-01-02T03:04:05.000Z' }])
})

test('the end records what is left, and nothing is counted by itself after it', async () => {
  const records: EventFacts['aggregate'][] = []
  const { refusals, pass } = tally(async (facts) => records.push(facts))
  refusals.refused('NOT_FOUND')
  await refusals.close()
  expect(records).toMatchObject([{ count: 1 }])
  refusals.refused('NOT_FOUND')
  await pass(5_000)
  expect(records).toHaveLength(1)
})
