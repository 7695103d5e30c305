import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createDiskGuard } from '../../../pdp/audit/guard-disk.ts'
import { bareRecord, clauseOf, decisionRecord, startRecord } from './sample-records.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('below the reserve nothing is allowed, everything else is recorded, and it ends by itself', async () => {
  let free = 2_000
  const guard = await createDiskGuard('x', 1_000, async () => free)
  expect(guard.refuses(decisionRecord(1))).toBe(false)
  free = 999
  await vi.advanceTimersByTimeAsync(1_000)
  expect(guard.status()).toEqual({ freeBytes: 999, low: true, reserveBytes: 1_000 })
  expect(guard.refuses(decisionRecord(1))).toBe(true)
  const { questions } = decisionRecord(1)
  const among = { ...bareRecord(2), questions: [...questions, { code: 'EXPIRED' as const, clause: clauseOf('x') }] }
  expect(guard.refuses(among), 'an allow among denials').toBe(true)
  expect(guard.refuses(bareRecord(3))).toBe(false)
  expect(guard.refuses(startRecord(4))).toBe(false)
  free = 1_000
  await vi.advanceTimersByTimeAsync(1_000)
  expect(guard.refuses(decisionRecord(1))).toBe(false)
  guard.close()
})

test('a disk that cannot be looked at is as it was', async () => {
  let fails = true
  const guard = await createDiskGuard('x', 1_000, async () => {
    if (fails) throw new Error('EIO')
    return 1
  })
  expect(guard.refuses(decisionRecord(1))).toBe(false)
  fails = false
  await vi.advanceTimersByTimeAsync(1_000)
  fails = true
  await vi.advanceTimersByTimeAsync(5_000)
  expect(guard.refuses(decisionRecord(1))).toBe(true)
  guard.close()
})

test('a reserve of nothing refuses nothing', async () => {
  const guard = await createDiskGuard('x', 0, async () => 0)
  expect(guard.refuses(decisionRecord(1))).toBe(false)
  guard.close()
})
