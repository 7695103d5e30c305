import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { eventKinds } from '../../../pdp/audit/event-schema.ts'
import { openFileLog } from '../../../pdp/audit/file-log.ts'
import { createMemoryLog } from '../../../pdp/audit/memory-log.ts'
import type { EventFacts } from '../../../pdp/core/event-record.ts'
import { isWritten } from '../../../pdp/core/written.ts'
import type { AuditLog } from '../../../pdp/seams.ts'
import { checkLog } from '../../unit/audit/check-log.ts'
import {
  bareRecord,
  decisionRecord,
  eventRecord,
  idOf,
  stamp,
  startFacts,
  startRecord,
} from '../../unit/audit/sample-records.ts'

// The contract of AuditLog, over every implementation there is.

interface Opened {
  readonly log: AuditLog
  /** Everything in the log, as text. */
  readonly text: () => string
  readonly close: () => Promise<void>
}

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

async function inFile(durability: 'written' | 'synced'): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'audit-log-'))
  folders.push(folder)
  const path = join(folder, 'audit.ndjson')
  const log = await openFileLog({ path, durability, stamp })
  return { log, text: () => readFileSync(path, 'utf8'), close: () => log.close() }
}

async function inMemory(): Promise<Opened> {
  const log = createMemoryLog()
  const text = () =>
    log
      .lines()
      .map((line) => `${line}\n`)
      .join('')
  return { log, text, close: async () => undefined }
}

const logs: readonly (readonly [string, () => Promise<Opened>])[] = [
  ['memory', inMemory],
  ['file, written', () => inFile('written')],
  ['file, synced', () => inFile('synced')],
]

describe.for(logs)('%s', ([, open]) => {
  test('a receipt is minted, names its record, and comes when the record is in the log', async () => {
    const { log, text, close } = await open()
    for (const n of [0, 1, 2]) {
      const written = await log.append(decisionRecord(n))
      expect(text()).toContain(`"seq":${n},"id":"${idOf(n)}"`)
      expect(isWritten(written)).toBe(true)
      expect(written).toEqual({ record: idOf(n), seq: n })
    }
    await close()
  })

  test('every kind of record', async () => {
    const { log, text, close } = await open()
    await log.append(bareRecord(0))
    for (const [n, kind] of eventKinds.entries()) await log.append(eventRecord(kind, n + 1))
    await close()
    expect(checkLog(text(), new Map([...eventKinds, 0].map((_, n) => [idOf(n), n])))).toEqual([])
  })

  test('500 at once: in the order appended, each once, in sequence', async () => {
    const { log, text, close } = await open()
    const receipts = await Promise.all(Array.from({ length: 500 }, (_, n) => log.append(decisionRecord(n))))
    await close()
    expect(receipts.map(({ seq }) => seq)).toEqual(Array.from({ length: 500 }, (_, n) => n))
    expect(checkLog(text(), new Map(receipts.map(({ record, seq }) => [record, seq])))).toEqual([])
  })

  test('a record that cannot be written rejects, takes no number and holds up none', async () => {
    const { log, text, close } = await open()
    await expect(log.append(startRecord(0))).resolves.toMatchObject({ seq: 0 })
    const facts = { version: 1n } as unknown as Partial<EventFacts['start']> // what a faulty part may hand over
    const settled = await Promise.allSettled([
      log.append(startRecord(1)),
      log.append(startRecord(2, facts)),
      log.append(startRecord(3)),
    ])
    await close()
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(checkLog(text(), new Map([0, 1, 3].map((id, seq) => [idOf(id), seq])))).toEqual([])
  })

  test('what was appended does not change with its record', async () => {
    const { log, text, close } = await open()
    const facts = { version: 'before' }
    const record = { ...startRecord(0), facts: { ...startFacts, ...facts } }
    const written = log.append(record)
    record.facts.version = 'after'
    await written
    await close()
    expect(text()).toContain('before')
  })
})

test('a memory log keeps the latest lines and counts on', async () => {
  const log = createMemoryLog(3)
  for (let n = 0; n < 20; n++) expect(await log.append(bareRecord(n))).toMatchObject({ seq: n })
  expect(log.lines().map((line) => /"seq":(\d+)/.exec(line)?.[1])).toEqual(['17', '18', '19'])
})
