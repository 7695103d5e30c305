import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Durability } from '../../../pdp/audit/append-bytes.ts'
import { openFileLog } from '../../../pdp/audit/file-log.ts'
import { segmentPath, segmentsAmong } from '../../../pdp/audit/segments.ts'
import { openLogKeys } from '../../../pdp/audit/tree/log-key.ts'
import { nodeTreeFiles } from '../../../pdp/audit/tree/node-tree-files.ts'
import { lastSigned } from '../../../pdp/audit/tree/signed-checkpoint.ts'
import { openTreeBuilder } from '../../../pdp/audit/tree/tree-builder.ts'
import { verifyLog } from '../../../pdp/audit/verify/verify-log.ts'
import { checkLog } from '../../unit/audit/check-log.ts'
import { bareRecord, idOf, stamp } from '../../unit/audit/sample-records.ts'

// Faults where the log meets the kernel: at every write, sync, rename and cut of its files, by index of the call, an
// error or the end of the process. Afterwards the log is opened again without faults, goes on, and is verified.

const program = join(import.meta.dirname, 'bounded-process.ts')
const records = 10
const calls = ['write', 'fdatasync', 'fsync', 'rename', 'ftruncate'] as const
const faults = ['error=EIO', 'error=ENOSPC', 'signal=SIGKILL'] as const
type Call = (typeof calls)[number]

/** Of the calls of a kind so many are struck, evenly spread; `npm run soak -- syscalls` strikes every one. */
const maximumOfOne = process.env['SALLYPORT_EVERY_CALL'] === '1' ? Number.POSITIVE_INFINITY : 3

let base = ''
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'syscalls-'))
})
afterAll(() => rmSync(base, { recursive: true }))

interface Ran {
  readonly folder: string
  readonly acknowledged: ReadonlyMap<string, number>
  readonly trace: string
  readonly ended: boolean
}

/** The files of the log: faults strike these alone, not the pipes and events of Node. */
function filesOf(folder: string): readonly string[] {
  const audit = join(folder, 'audit')
  const staged = Array.from({ length: 8 }, (_, n) => join(audit, 'tree', 'staged', String(n)))
  const segments = Array.from({ length: 3 * records }, (_, n) => segmentPath(join(audit, 'records.ndjson'), n))
  const keys = ['audit-log.signed', 'audit-log.key.new', 'audit-log.vkey.new', 'staged/0'].map((name) =>
    join(folder, 'keys', name),
  )
  return [...segments, ...staged, join(audit, 'tree', 'checkpoint'), ...keys]
}

let runs = 0

/** Runs the process, `inject` as strace has it. */
async function run(durability: Durability, inject?: string): Promise<Ran> {
  const folder = join(base, String(runs++))
  mkdirSync(join(folder, 'audit'), { recursive: true })
  const trace = join(folder, 'trace')
  const args = [
    '-f',
    '-q',
    '-o',
    trace,
    '-e',
    `trace=${calls.join(',')}`,
    ...(inject ? ['-e', `inject=${inject}`] : []),
  ]
  for (const path of filesOf(folder)) args.push('-P', path)
  args.push(process.execPath, program, join(folder, 'audit', 'records.ndjson'), durability, String(records))
  const told = await new Promise<string>((resolve) => {
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
    execFile('strace', args, { env, timeout: 30_000 }, (_, stdout) => resolve(stdout))
  })
  const lines = told.split('\n').filter((line) => line.includes(' '))
  return {
    folder,
    acknowledged: new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])])),
    trace: existsSync(trace) ? readFileSync(trace, 'utf8') : '',
    ended: told.endsWith('ended\n'),
  }
}

/** Opens the log again, appends, brings the tree to its end; answers everything that is wrong then. */
async function recover({ folder, acknowledged }: Ran, durability: Durability): Promise<readonly string[]> {
  const path = join(folder, 'audit', 'records.ndjson')
  const places = { log: path, folder: join(folder, 'audit', 'tree'), signed: join(folder, 'keys', 'audit-log.signed') }
  const { signer } = openLogKeys(join(folder, 'keys', 'audit-log.key'), 'host.example')
  const signed = lastSigned(places, [signer], nodeTreeFiles)?.size ?? 0
  const log = await openFileLog({ path, durability, stamp, signed, segmentBytes: 2_000 })
  const { record, seq } = await log.append(bareRecord(0xe000_0000))
  await log.close()
  const builder = openTreeBuilder(places, signer, log.extent(), nodeTreeFiles)
  builder.advance(log.extent())
  builder.close()
  const text = segmentsAmong(readdirSync(join(folder, 'audit')), path)
    .map((first) => readFileSync(segmentPath(path, first), 'utf8'))
    .join('')
  const { problems, covered } = verifyLog({ folder: join(folder, 'audit'), verifier: signer })
  return [
    ...checkLog(text, new Map([...acknowledged, [record, seq]])),
    ...problems.map(({ file, detail }) => `${file}: ${detail}`),
    ...(covered === seq + 1 ? [] : [`${covered} of ${seq + 1} are under the checkpoint`]),
  ]
}

/** The most calls of a kind that any one thread made; strace counts them by thread. */
function countOf(call: Call, trace: string): number {
  const perThread = new Map<string, number>()
  for (const line of trace.split('\n')) {
    const [, thread = '', name] = /^(\d+) +(\w+)\(/.exec(line) ?? []
    if (name === call) perThread.set(thread, (perThread.get(thread) ?? 0) + 1)
  }
  return Math.max(0, ...perThread.values())
}

function indices(count: number): readonly number[] {
  const stride = Math.max(1, count / maximumOfOne)
  return [...new Set(Array.from({ length: Math.min(count, maximumOfOne) }, (_, i) => 1 + Math.floor(i * stride)))]
}

describe.for(['written', 'synced'] as const)('%s', (durability) => {
  test('a fault at every call: no acknowledged record is lost, and the log goes on and verifies', async () => {
    const control = await run(durability)
    expect(control.ended).toBe(true)
    expect(control.acknowledged.size).toBe(records)
    expect(await recover(control, durability)).toEqual([])
    let struck = 0
    let killed = 0
    let refused = 0
    for (const call of calls)
      for (const index of indices(countOf(call, control.trace)))
        for (const fault of faults) {
          const ran = await run(durability, `${call}:${fault}:when=${index}`)
          const hit = ran.trace.includes('(INJECTED)') || ran.trace.includes('killed by SIGKILL')
          if (hit) struck++
          if (ran.trace.includes('killed by SIGKILL')) killed++
          if (hit && ran.acknowledged.size < records) refused++
          const wrong = await recover(ran, durability)
          expect(wrong, `${call} ${index} ${fault}`).toEqual([])
          rmSync(ran.folder, { recursive: true })
        }
    console.log(`${durability}: ${struck} faults struck, ${killed} killed, after ${refused} not all was acknowledged`)
    expect(struck).toBeGreaterThan(25)
    expect(killed).toBeGreaterThan(8)
    expect(refused).toBeGreaterThan(5)
  }, 900_000)
})

test('the checker finds a lost record and two that changed places', async () => {
  const ran = await run('written')
  const sound = new Map(ran.acknowledged)
  expect(await recover(ran, 'written')).toEqual([])
  expect(await recover({ ...ran, acknowledged: new Map([...sound, [idOf(0xdead), 3]]) }, 'written')).not.toEqual([])
  const [one, other] = [...sound]
  if (!one || !other) throw new Error('the process must acknowledge two records')
  const swapped = new Map([...sound, [one[0], other[1]], [other[0], one[1]]] as const)
  expect(
    (await recover({ ...ran, acknowledged: swapped }, 'written')).filter((each) => each.startsWith('lost')),
  ).toHaveLength(2)
})
