import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Durability } from '../../../pdp/audit/append-bytes.ts'
import { openFileLog } from '../../../pdp/audit/file-log.ts'
import { checkLog } from './check-log.ts'
import { createFaultyFiles, type FaultName, faults, type Plan } from './faulty-files.ts'
import { decisionRecord, idOf, stamp } from './sample-records.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fault-matrix-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Appends batches of three, one after the other, on the faulty files; answers what was acknowledged and rejected. */
async function run(plan: Plan, durability: Durability, batches: number) {
  const path = join(folder, 'audit.ndjson')
  const files = createFaultyFiles(plan)
  const reasons: unknown[] = []
  const log = await openFileLog({ path, durability, stamp, files, report: (reason) => reasons.push(reason) })
  const acknowledged = new Map<string, number>()
  const rejected: string[] = []
  const outcomes: boolean[] = []
  for (let batch = 0; batch < batches; batch++) {
    const records = [0, 1, 2].map((n) => decisionRecord(batch * 3 + n))
    const settled = await Promise.allSettled(records.map((record) => log.append(record)))
    for (const [n, result] of settled.entries()) {
      const id = idOf(batch * 3 + n)
      if (result.status === 'fulfilled') acknowledged.set(result.value.record, result.value.seq)
      else rejected.push(id)
    }
    outcomes.push(settled.every(({ status }) => status === 'fulfilled'))
    const text = readFileSync(path, 'utf8')
    const broken = checkLog(text.slice(0, text.lastIndexOf('\n') + 1), acknowledged)
    expect(broken, `after batch ${batch}`).toEqual([])
  }
  const text = () => readFileSync(path, 'utf8')
  return { path, log, files, acknowledged, rejected, outcomes, reasons, text }
}

const batches = 6
const writeFaults = Object.keys(faults) as FaultName[] // the keys of a table whose members are known
const harmless: ReadonlySet<FaultName> = new Set(['short write', 'write of one byte'])

test('control: without a fault all is acknowledged', async () => {
  const { log, acknowledged, rejected, text } = await run(() => undefined, 'written', batches)
  await log.close()
  expect(rejected).toEqual([])
  expect(acknowledged.size).toBe(batches * 3)
  expect(checkLog(text(), acknowledged)).toEqual([])
})

describe.for(['written', 'synced'] as const)('%s', (durability) => {
  describe.for(writeFaults)('%s', (fault) => {
    test.for(Array.from({ length: batches }, (_, n) => n))('of write %i', async (at) => {
      const plan: Plan = (call, n) => (call === 'write' && n === at ? fault : undefined)
      const { log, files, acknowledged, rejected, reasons, text } = await run(plan, durability, batches)
      expect(files.struck()).toBe(1)
      expect(rejected).toEqual(harmless.has(fault) ? [] : [0, 1, 2].map((n) => idOf(at * 3 + n)))
      expect(reasons).toHaveLength(harmless.has(fault) ? 0 : 1)
      await log.close()
      expect(checkLog(text(), acknowledged)).toEqual([])
      const ids = text().matchAll(/^{"v":1,"kind":"decision","seq":\d+,"id":"([^"]+)"/gm)
      expect([...ids].map(([, id]) => id)).toEqual([...acknowledged.keys()])
    })
  })

  test.for(writeFaults.filter((name) => !harmless.has(name)))('%s for a while, then none', async (fault) => {
    const plan: Plan = (call, n) => (call === 'write' && n >= 1 && n <= 3 ? fault : undefined)
    const { log, acknowledged, outcomes, text } = await run(plan, durability, batches)
    expect(outcomes).toEqual([true, false, false, false, true, true])
    await log.close()
    expect(checkLog(text(), acknowledged)).toEqual([])
  })

  test('a write that fails in part while nothing can be cut: nothing is added until it can', async () => {
    const plan: Plan = (call, n) => {
      if (call === 'write' && n === 1) return 'ENOSPC after a part'
      return call === 'truncate' && n < 3 ? 'EROFS' : undefined
    }
    const { log, files, acknowledged, outcomes, text } = await run(plan, durability, batches)
    expect(files.struck()).toBe(4)
    expect(outcomes).toEqual([true, false, false, false, true, true])
    await log.close()
    expect(checkLog(text(), acknowledged)).toEqual([])
  })

  test('the size cannot be read for a while', async () => {
    const plan: Plan = (call, n) => {
      if (call === 'write' && n === 1) return 'EIO after all of it'
      return call === 'size' && n >= 1 && n < 3 ? 'EIO' : undefined
    }
    const { log, acknowledged, outcomes, text } = await run(plan, durability, batches)
    expect(outcomes[1]).toBe(false)
    expect(outcomes.slice(3)).toEqual([true, true, true])
    await log.close()
    expect(checkLog(text(), acknowledged)).toEqual([])
  })
})

describe('a sync that fails', () => {
  test.for(Array.from({ length: batches }, (_, n) => n))(
    'sync %i: rejected, never tried again on that descriptor',
    async (at) => {
      const plan: Plan = (call, n) => (call === 'sync' && n === at ? 'EIO' : undefined)
      const { log, files, acknowledged, rejected, text } = await run(plan, 'synced', batches)
      expect(rejected).toEqual([0, 1, 2].map((n) => idOf(at * 3 + n)))
      const failed = files.calls.flatMap((call, i) => (call === 'sync' ? [i] : []))[at] ?? -1
      const afterwards = files.calls.slice(failed + 1)
      expect(afterwards.indexOf('open')).toBe(0)
      await log.close()
      expect(checkLog(text(), acknowledged)).toEqual([])
    },
  )

  test('and the file cannot be opened for a while', async () => {
    const plan: Plan = (call, n) => {
      if (call === 'sync' && n === 1) return 'EIO'
      return call === 'open' && n >= 1 && n < 3 ? 'EIO' : undefined
    }
    const { log, acknowledged, outcomes, text } = await run(plan, 'synced', batches)
    expect(outcomes).toEqual([true, false, false, true, true, true])
    await log.close()
    expect(checkLog(text(), acknowledged)).toEqual([])
  })

  test('written does not sync', async () => {
    const { log, files } = await run(() => undefined, 'written', 2)
    await log.close()
    expect(files.calls).not.toContain('sync')
  })
})
