import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openFileLog } from '../../../pdp/audit/file-log.ts'
import { createDiskGuard } from '../../../pdp/audit/guard-disk.ts'
import { segmentPath, segmentsAmong } from '../../../pdp/audit/segments.ts'
import { nodeTreeFiles } from '../../../pdp/audit/tree/node-tree-files.ts'
import { makeNoteSigner } from '../../../pdp/audit/tree/note-key.ts'
import { openTreeBuilder } from '../../../pdp/audit/tree/tree-builder.ts'
import { verifyLog } from '../../../pdp/audit/verify/verify-log.ts'
import { instant } from '../../../pdp/core/time.ts'
import { eventually } from '../../support/eventually.ts'
import { checkLog } from '../../unit/audit/check-log.ts'
import { bareRecord, decisionRecord, stamp } from '../../unit/audit/sample-records.ts'

// The log on a small file system of its own, that becomes full and read-only, and then is not any more. Needs root.

let disk = ''
let path = ''
const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk])
beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), 'disk-'))
  mount('size=2m')
  mkdirSync(join(disk, 'audit'))
  mkdirSync(join(disk, 'keys'))
  path = join(disk, 'audit', 'records.ndjson')
})
afterEach(() => {
  execFileSync('umount', [disk])
  rmSync(disk, { recursive: true })
})

const text = () =>
  segmentsAmong(nodeTreeFiles.list(join(disk, 'audit')), path)
    .map((first) => readFileSync(segmentPath(path, first), 'utf8'))
    .join('')

/** Takes all but so many bytes. */
function fill(leave: number) {
  const { bavail, bsize } = statfsSync(disk)
  writeFileSync(join(disk, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - leave)))
}
const makeRoom = () => rmSync(join(disk, 'filler'))

type Log = Awaited<ReturnType<typeof openFileLog>>
/** Appends records one after the other, and knows which were acknowledged. */
function appending(log: Log) {
  const acknowledged = new Map<string, number>()
  let n = 0
  const append = async (record = bareRecord(n++)) =>
    log.append(record).then(
      ({ record, seq }) => acknowledged.set(record, seq).size > 0,
      () => false,
    )
  return { acknowledged, append }
}

test.for(['written', 'synced'] as const)(
  'full, and then not, %s: nothing acknowledged is lost, what was not written is told, nobody is needed',
  async (durability) => {
    const log = await openFileLog({ path, durability, stamp, segmentBytes: 20_000 })
    const { acknowledged, append } = appending(log)
    for (let n = 0; n < 10; n++) expect(await append()).toBe(true)
    fill(6_000)
    let refused = 0
    for (let n = 0; n < 60; n++) if (!(await append())) refused++
    expect(refused).toBeGreaterThan(20)
    expect(checkLog(text(), acknowledged), 'while it is full').toEqual([])
    makeRoom()
    expect(await append()).toBe(true)
    await log.close()
    expect(checkLog(text(), acknowledged)).toEqual([])
    expect(text()).toMatch(new RegExp(`"kind":"gap".*"reason":"not-written","records":${refused},`))
  },
)

test('a disk that became read-only while nothing was open for writing is refused at the start, and taken when it can be', async () => {
  await (await openFileLog({ path, durability: 'written', stamp })).close()
  mount('remount,ro,size=2m')
  await expect(openFileLog({ path, durability: 'written', stamp })).rejects.toThrow(/EROFS|readonly|read-only|unable/)
  mount('remount,rw,size=2m')
  const log = await openFileLog({ path, durability: 'written', stamp })
  expect(await log.append(bareRecord(0))).toMatchObject({ seq: 0 })
  await log.close()
})

test('allows end before the disk is full, denials are recorded still, and both by themselves again', async () => {
  const guard = await createDiskGuard(disk, 400_000)
  const log = await openFileLog({ path, durability: 'written', stamp, refuses: guard.refuses })
  const { append } = appending(log)
  expect(await append(decisionRecord(1_000))).toBe(true)
  fill(200_000)
  await eventually(() => expect(guard.status().low).toBe(true))
  expect(await append(decisionRecord(1_001))).toBe(false)
  expect(await append(bareRecord(1_002))).toBe(true)
  makeRoom()
  await eventually(() => expect(guard.status().low).toBe(false))
  expect(await append(decisionRecord(1_003))).toBe(true)
  await log.close()
  guard.close()
  expect(text()).toMatch(/"kind":"gap".*"records":1,"allows":1/)
})

test('the tree stops on a full disk, and goes on with it', async () => {
  const log = await openFileLog({ path, durability: 'written', stamp })
  const { append } = appending(log)
  const signer = makeNoteSigner(() => 'host.example/audit/0')
  const places = { log: path, folder: join(disk, 'audit', 'tree'), signed: join(disk, 'keys', 'audit-log.signed') }
  for (let n = 0; n < 300; n++) await append()
  const builder = openTreeBuilder(places, signer, log.extent(), nodeTreeFiles)
  fill(0)
  expect(() => builder.advance(log.extent())).toThrow(/ENOSPC/)
  makeRoom()
  builder.advance(log.extent())
  builder.close()
  await log.close()
  expect(verifyLog({ folder: join(disk, 'audit'), verifier: signer })).toMatchObject({ problems: [], covered: 300 })
})

test('a clock that jumps back and forth changes no order and loses nothing', async () => {
  const log = await openFileLog({ path, durability: 'written', stamp })
  const { acknowledged, append } = appending(log)
  const times = [0, 4e12, 1, 1.76e12, 1.76e12 - 3_600_000, 3e12]
  for (const [n, at] of times.entries()) expect(await append({ ...bareRecord(n), at: instant(at) })).toBe(true)
  await log.close()
  expect(checkLog(text(), acknowledged)).toEqual([])
  expect([...acknowledged.values()]).toEqual(times.map((_, n) => n))
})
