import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FileLogOptions, openFileLog } from '../../../pdp/audit/file-log.ts'
import { nodeLogFiles } from '../../../pdp/audit/node-log-files.ts'
import { type Retention, pruneBefore, removeSegments, sealedSegments } from '../../../pdp/audit/prune-log.ts'
import { openRecords } from '../../../pdp/audit/read-records.ts'
import { segmentPath, segmentsAmong } from '../../../pdp/audit/segments.ts'
import { makeNoteSigner } from '../../../pdp/audit/tree/note-key.ts'
import { nodeTreeFiles } from '../../../pdp/audit/tree/node-tree-files.ts'
import { createTreeReader } from '../../../pdp/audit/tree/serve-tree.ts'
import { openTreeBuilder } from '../../../pdp/audit/tree/tree-builder.ts'
import { proveRecord } from '../../../pdp/audit/verify/prove-record.ts'
import { verifyLog } from '../../../pdp/audit/verify/verify-log.ts'
import { checkLog } from './check-log.ts'
import { createFaultyFiles, type Plan } from './faulty-files.ts'
import { bareRecord, idOf, stamp } from './sample-records.ts'
import { createFaultyTreeFiles } from './tree/faulty-tree-files.ts'

let base = ''
let folder = ''
let path = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'segments-'))
  folder = join(base, 'audit')
  path = join(folder, 'records.ndjson')
  mkdirSync(join(base, 'keys'))
})
afterEach(() => rmSync(base, { recursive: true }))

const open = (more: Partial<FileLogOptions> = {}) =>
  openFileLog({ path, durability: 'written', stamp, segmentBytes: 2_000, ...more })
const firsts = () => segmentsAmong(nodeTreeFiles.list(folder), path)
const text = () =>
  firsts()
    .map((first) => readFileSync(segmentPath(path, first), 'utf8'))
    .join('')

/** Appends records of these numbers one after the other; answers their receipts. */
async function append(from: number, to: number, more: Partial<FileLogOptions> = {}) {
  const log = await open(more)
  const acknowledged = new Map<string, number>()
  const rejected: number[] = []
  for (let n = from; n < to; n++)
    await log.append(bareRecord(n)).then(
      ({ record, seq }) => acknowledged.set(record, seq),
      () => rejected.push(n),
    )
  await log.close()
  return { acknowledged, rejected }
}

test('names are of first records, and no other name is one', () => {
  const names = [0, 7, 123_456_789_012, 9_007_199_254_740_991].map((first) => segmentPath('x/records.ndjson', first))
  expect(names.map((name) => name.slice(2))).toEqual([
    'records.ndjson',
    'records-000000000007.ndjson',
    'records-123456789012.ndjson',
    'records-9007199254740991.ndjson',
  ])
  const others = ['records-7.ndjson', 'records-.ndjson', 'records-000000000000.ndjson', 'records.ndjson.torn-1', 'tree']
  expect(segmentsAmong([...names.map((name) => name.slice(2)), ...others].reverse(), 'x/records.ndjson')).toEqual([
    0, 7, 123_456_789_012, 9_007_199_254_740_991,
  ])
})

describe.for(['written', 'synced'] as const)('%s: a log of several segments', (durability) => {
  test('goes on from one to the next, and after each start', async () => {
    const acknowledged = new Map<string, number>()
    for (const [from, to] of [
      [0, 3],
      [3, 30],
      [30, 31],
    ] as const)
      for (const [id, seq] of (await append(from, to, { durability })).acknowledged) acknowledged.set(id, seq)
    expect(firsts().length).toBeGreaterThan(3)
    expect(acknowledged.size).toBe(31)
    expect(checkLog(text(), acknowledged)).toEqual([])
    for (const first of firsts()) expect(statSync(segmentPath(path, first)).mode & 0o777).toBe(0o600)
  })

  test.for<readonly [string, Plan]>([
    ['cannot be opened', (call, n) => (call === 'open' && n === 1 ? 'EIO' : undefined)],
    ['cannot be opened for a while', (call, n) => (call === 'open' && n >= 1 && n < 3 ? 'ENOSPC' : undefined)],
    ['follows one that cannot be synced', (call, n) => (call === 'sync' && n === 20 ? 'EIO' : undefined)],
    ['follows one that cannot be synced at its end', (call, n) => (call === 'sync' && n === 0 ? 'EIO' : undefined)],
  ])('a segment that %s: no acknowledged record is lost', async ([, plan]) => {
    const files = createFaultyFiles(plan)
    const { acknowledged } = await append(0, 60, { durability, files })
    const again = await append(60, 70, { durability })
    for (const [id, seq] of again.acknowledged) acknowledged.set(id, seq)
    expect(acknowledged.size).toBeGreaterThan(66)
    expect(checkLog(text(), acknowledged)).toEqual([])
  })
})

describe('what a crash leaves', () => {
  test('a segment that was begun and is empty is gone on with', async () => {
    await append(0, 4)
    writeFileSync(segmentPath(path, 4), '')
    const { acknowledged } = await append(4, 6)
    expect([...acknowledged.values()]).toEqual([4, 5])
    expect(checkLog(text(), acknowledged)).toEqual([])
  })

  test('a torn line at the end of a later segment is put beside it', async () => {
    await append(0, 30)
    const last = segmentPath(path, firsts().at(-1) ?? 0)
    writeFileSync(last, '{"v":1', { flag: 'a' })
    const { acknowledged } = await append(31, 32)
    expect(existsSync(`${last}.torn-30`)).toBe(true)
    expect(checkLog(text(), acknowledged)).toEqual([])
  })

  test('a segment before the last one that is short is refused', async () => {
    await append(0, 30)
    const [, second = 0] = firsts()
    const file = segmentPath(path, firsts().at(-2) ?? 0)
    writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(0, -2).join('\n').concat('\n'))
    await expect(open()).rejects.toThrow(/is due after a segment, and the next one begins with/)
    expect(second).toBeGreaterThan(0)
  })
})

describe('a damaged end', () => {
  const damage: readonly (readonly [string, (lines: readonly string[]) => string | Buffer])[] = [
    ['zeros where records were', (lines) => Buffer.concat([join2(lines.slice(0, 6)), Buffer.alloc(70_000)])],
    ['a line that is no record', (lines) => join2([...lines.slice(0, 6), 'x', ...lines.slice(7)])],
    ['a record missing', (lines) => join2(lines.toSpliced(6, 1))],
    ['bytes that are no text', (lines) => Buffer.concat([join2(lines.slice(0, 6)), Buffer.from([0xff, 0x0a])])],
  ]
  const join2 = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''))

  test.for(damage)('%s: put aside and told, but not what was signed for', async ([, spoil]) => {
    await append(0, 10, { segmentBytes: 100_000 })
    const spoilt = spoil(text().split('\n').slice(0, -1))
    writeFileSync(path, spoilt)
    await expect(open({ signed: 7 })).rejects.toThrow(/the audit log is damaged/)
    expect(readFileSync(path).equals(Buffer.from(spoilt))).toBe(true)
    const { acknowledged } = await append(20, 21, { signed: 6, segmentBytes: 100_000 })
    expect(acknowledged.get(idOf(20))).toBe(7)
    expect(checkLog(text(), acknowledged)).toEqual([])
    expect(JSON.parse(text().split('\n')[6] ?? '')).toMatchObject({
      kind: 'gap',
      facts: { reason: 'damaged-end', kept: 'records.ndjson.damaged-6' },
    })
    expect(Buffer.concat([join2(text().split('\n').slice(0, 6)), readFileSync(`${path}.damaged-6`)])).toEqual(
      Buffer.from(spoilt),
    )
  })
})

describe('the tree over several segments', () => {
  const signer = makeNoteSigner(() => 'host.example/audit/0123456789abcdef')
  const places = () => ({ log: path, folder: join(folder, 'tree'), signed: join(base, 'keys', 'audit-log.signed') })
  const verify = () => verifyLog({ folder, verifier: signer })
  const build = (records: number, files = nodeTreeFiles) => {
    const builder = openTreeBuilder(places(), signer, { records }, files)
    try {
      return builder.advance({ records })
    } finally {
      builder.close()
    }
  }
  const lines = () => text().split('\n').slice(0, -1)

  test('grows, is verified, served and proved, and read back as records', async () => {
    await append(0, 5, { segmentBytes: 50_000 })
    build(5)
    await append(5, 700, { segmentBytes: 50_000 })
    expect(build(700)).toMatchObject({ size: 700 })
    expect(firsts().length).toBeGreaterThan(3)
    expect(verify()).toMatchObject({ problems: [], records: 700, covered: 700, pruned: 0, notes: [] })
    const served = createTreeReader(places(), () => 700, nodeTreeFiles)
    for (const index of [0, 1, 2]) {
      const bundle = Buffer.from(served(`tile/entries/00${index}${index === 2 ? '.p/188' : ''}`)?.bytes ?? [])
      for (const line of lines().slice(index * 256, (index + 1) * 256)) expect(bundle.includes(line)).toBe(true)
    }
    for (const seq of [0, firsts()[1] ?? 0, (firsts()[2] ?? 0) - 1, 699])
      for (const wanted of [String(seq), idOf(seq)])
        expect(proveRecord(folder, wanted, signer)).toMatchObject({ ok: true, record: lines()[seq] })
    const reader = openRecords(folder)
    const whole = { records: Infinity, bytes: Infinity }
    expect(reader.read(0, whole).map(({ line }) => line)).toEqual(lines())
    expect(reader.read(firsts()[2] ?? 0, { ...whole, records: 1 })).toEqual([
      { seq: firsts()[2], line: lines()[firsts()[2] ?? 0] },
    ])
    expect(reader.read(700, whole)).toEqual([])
    reader.close()
  })

  test('a segment that is missing is named', async () => {
    await append(0, 300, { segmentBytes: 50_000 })
    build(300)
    const gone = firsts()[1] ?? 0
    rmSync(segmentPath(path, gone))
    expect(verify().problems).toContainEqual(
      expect.objectContaining({ kind: 'incomplete', file: segmentPath('records.ndjson', gone) }),
    )
  })

  test('a sync that failed is not tried again: what it lost is written anew', async () => {
    await append(0, 20)
    const calls: string[] = []
    const faulty = createFaultyTreeFiles((call, n) => (call === 'logSync' && n < 3 ? 'before' : undefined))
    const files = {
      ...faulty,
      rewrite: (at: string, from: number, to: number) => {
        calls.push(`${from}-${to}`)
        faulty.rewrite(at, from, to)
      },
    }
    const before = text()
    const builder = openTreeBuilder(places(), signer, { records: 20 }, files)
    expect(() => builder.advance({ records: 20 })).toThrow(/EIO/)
    expect(calls).toEqual([])
    expect(() => builder.advance({ records: 20 })).toThrow(/EIO/)
    expect(existsSync(places().signed), 'nothing is signed for that may not be on the device').toBe(false)
    for (let tries = 0; tries < 3; tries++)
      try {
        builder.advance({ records: 20 })
      } catch {}
    builder.close()
    expect(calls.length).toBeGreaterThan(0)
    expect(text()).toBe(before)
    expect(verify()).toMatchObject({ problems: [], covered: 20 })
  })

  describe('pruned', () => {
    /** Prunes the first segments as a process does, and goes on. */
    async function pruned(tell: boolean) {
      await append(0, 900, { segmentBytes: 50_000 })
      build(900)
      const before = firsts()[2] ?? 0
      const log = await open({ segmentBytes: 50_000 })
      const record = { kind: 'admin', ...stamp(), facts: { act: 'prune-log', target: String(before) } } as const
      if (tell) await log.append(record)
      else await log.append(bareRecord(900))
      await removeSegments(path, before, nodeLogFiles)
      await log.append(bareRecord(901))
      await log.close()
      build(902)
      return before
    }

    test('the rest is verified, proved and read, and the loss of what was pruned is told', async () => {
      const before = await pruned(true)
      expect(firsts()[0]).toBe(before)
      expect(verify()).toMatchObject({ problems: [], records: 902, covered: 902, pruned: before, notes: [] })
      expect(proveRecord(folder, '901', signer)).toMatchObject({ ok: true })
      expect(proveRecord(folder, '3', signer)).toMatchObject({ ok: false })
      const reader = openRecords(folder)
      expect(reader.read(0, { records: 1, bytes: Infinity })).toMatchObject([{ seq: before }])
      reader.close()
      expect(createTreeReader(places(), () => 902, nodeTreeFiles)('tile/0/000')).toBeDefined()
      await append(902, 1_100)
      build(1_100)
      expect(verify()).toMatchObject({ problems: [], records: 1_100 })
    })

    test('records that went without a word are missing', async () => {
      await pruned(false)
      expect(verify().problems).toMatchObject([{ kind: 'incomplete', file: 'records.ndjson' }])
    })
  })
})

describe('which segments may go', () => {
  const day = 86_400_000
  const sealed = [0, 1, 2, 3].map((n) => ({ first: n * 1000, next: (n + 1) * 1000, bytes: 100, changedMs: n * day }))
  const at = { nowMs: 10 * day, covered: 100_000, needed: Infinity }

  test.for<readonly [string, Retention, Partial<typeof at>, number | undefined]>([
    ['none, where nothing says so', {}, {}, undefined],
    ['those that are too old', { days: 8 }, {}, 2000],
    ['those beyond the size', { bytes: 150 }, {}, 3000],
    ['all that are sealed', { bytes: 0 }, {}, 4000],
    ['not what is not under a checkpoint', { bytes: 0 }, { covered: 2600 }, 2000],
    ['not what the last tile is made of', { bytes: 0 }, { covered: 2255 }, 1000],
    ['not what a sink has to read', { bytes: 0 }, { needed: 2999 }, 2000],
    ['none of a young log', { bytes: 0 }, { covered: 100 }, undefined],
  ])('%s', ([, keep, more, expected]) => {
    expect(pruneBefore(sealed, keep, { ...at, ...more })).toBe(expected)
  })

  test('the segments of a log but the last', async () => {
    await append(0, 30)
    const sealed = await sealedSegments(path, nodeLogFiles)
    expect(sealed.map(({ first }) => first)).toEqual(firsts().slice(0, -1))
    expect(sealed.map(({ next }) => next)).toEqual(firsts().slice(1))
    expect(sealed[0]?.bytes).toBe(statSync(path).size)
  })
})
