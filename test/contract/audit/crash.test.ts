import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFileLog } from '../../../pdp/audit/file-log.ts'
import { segmentPath, segmentsAmong } from '../../../pdp/audit/segments.ts'
import { openCheckpoint } from '../../../pdp/audit/tree/checkpoint.ts'
import { openLogKeys } from '../../../pdp/audit/tree/log-key.ts'
import { nodeTreeFiles } from '../../../pdp/audit/tree/node-tree-files.ts'
import { openTreeBuilder } from '../../../pdp/audit/tree/tree-builder.ts'
import { verifyLog } from '../../../pdp/audit/verify/verify-log.ts'
import { checkLog } from '../../unit/audit/check-log.ts'
import { bareRecord, idOf, stamp } from '../../unit/audit/sample-records.ts'

const program = join(import.meta.dirname, 'appending-process.ts')
const rounds = 10

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crash-'))
  path = join(folder, 'audit', 'records.ndjson')
  mkdirSync(join(folder, 'audit'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const firsts = () => segmentsAmong(readdirSync(dirname(path)), path)
const textOfLog = () =>
  firsts()
    .map((first) => readFileSync(segmentPath(path, first), 'utf8'))
    .join('')

/** Starts the appending process, waits until it appends, kills it after `life` ms; answers what it acknowledged. */
async function appendAndKill(durability: string, first: number, life: number): Promise<ReadonlyMap<string, number>> {
  const child = spawn(process.execPath, [program, path, durability, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let told = ''
  let opened: () => void = () => undefined
  const isOpen = new Promise<void>((resolve) => {
    opened = resolve
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text
    if (told.startsWith('open\n')) opened()
  })
  const ended = new Promise((resolve) => child.once('close', resolve)) // the pipe is drained
  await Promise.race([isOpen, ended])
  await delay(life)
  child.kill('SIGKILL')
  await ended
  expect(child.signalCode, 'the process ended by itself').toBe('SIGKILL')
  const lines = told.split('\n').slice(1, -1) // a last line without its end was not acknowledged
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]))
}

const keyFile = () => join(folder, 'keys', 'audit-log.key')
const publishedFile = () => join(folder, 'audit', 'tree', 'checkpoint')

/** Everything wrong with the tree, since the checkpoint that was seen last; and the one that stands there now. */
function checkTree(seen: Buffer | undefined) {
  const { signer } = openLogKeys(keyFile(), 'host.example')
  const now = existsSync(publishedFile()) ? readFileSync(publishedFile()) : undefined
  const opened = now && openCheckpoint(now, signer)
  const report = verifyLog({
    folder: join(folder, 'audit'),
    verifier: signer,
    ...(seen && { since: { name: 'seen', note: seen } }),
  })
  // killed before its first checkpoint, a log has none
  const problems = report.problems.filter(({ file }) => now !== undefined || file !== 'tree/checkpoint')
  return { problems, note: now, size: opened?.ok === true ? opened.checkpoint.size : 0 }
}

/** Builds the tree up to the end of the log, as the next process does. */
function finishTree(extent: { readonly records: number }) {
  const { signer } = openLogKeys(keyFile(), 'host.example')
  const places = {
    log: path,
    folder: join(folder, 'audit', 'tree'),
    signed: join(folder, 'keys', 'audit-log.signed'),
  }
  const builder = openTreeBuilder(places, signer, extent, nodeTreeFiles)
  builder.advance(extent)
  builder.close()
}

const countAfter = (text: string, seq: number) => text.split('\n').length - 1 - (seq + 1)

describe.for(['written', 'synced'] as const)('%s', (durability) => {
  test(`killed ${rounds} times at any moment: no acknowledged record is lost`, async () => {
    const acknowledged = new Map<string, number>()
    let untold = 0 // in the file, though the process was killed before it said so
    let torn = 0
    let checkpoints = 0
    let seen: Buffer | undefined
    for (let round = 0; round < rounds; round++) {
      const inRound = await appendAndKill(durability, round * 1_000_000, 5 + ((round * 37) % 120))
      for (const [id, seq] of inRound) acknowledged.set(id, seq)
      const atCrash = textOfLog()
      if (!atCrash.endsWith('\n')) torn++
      const crashed = checkTree(seen)
      expect(crashed.problems, `tree as round ${round} left it`).toEqual([])
      if (crashed.note && !(seen && crashed.note.equals(seen))) checkpoints++
      untold += inRound.size > 0 ? countAfter(atCrash, Math.max(...inRound.values())) : 0

      const log = await openFileLog({ path, durability, stamp, segmentBytes: 200_000 })
      const { seq } = await log.append(bareRecord(0xe000_0000 + round))
      await log.close()
      acknowledged.set(idOf(0xe000_0000 + round), seq)
      finishTree(log.extent())
      const { problems, note, size } = checkTree(crashed.note ?? seen)
      expect(problems, `tree after round ${round}`).toEqual([])
      expect(size, 'every acknowledged record is under the checkpoint').toBe(seq + 1)
      seen = note
      expect(checkLog(textOfLog(), acknowledged), `round ${round}`).toEqual([])
    }
    expect(acknowledged.size).toBeGreaterThan(rounds * 20)
    expect(checkpoints).toBeGreaterThan(0)
    console.log(
      `${durability}: ${acknowledged.size} acknowledged, ${untold} more written, ${torn} of ${rounds} kills tore a line, ${checkpoints} came after a new checkpoint`,
    )
  })
})

describe('the checks find what is planted', () => {
  async function crashed() {
    const acknowledged = await appendAndKill('written', 0, 120)
    const sound = textOfLog()
    const lines = sound.slice(0, sound.lastIndexOf('\n')).split('\n')
    writeFileSync(path, `${lines.join('\n')}\n`)
    for (const first of firsts().filter((first) => first > 0)) rmSync(segmentPath(path, first))
    finishTree({ records: lines.length })
    expect(checkLog(textOfLog(), acknowledged)).toEqual([])
    expect(checkTree(undefined).problems).toEqual([])
    return { acknowledged, lines, middle: Math.floor(lines.length / 2) }
  }
  const rewrite = (lines: readonly string[]) => {
    const text = lines.map((line, i) => `${line.replace(/"seq":\d+/, `"seq":${i}`)}\n`).join('')
    for (const first of firsts()) rmSync(segmentPath(path, first))
    writeFileSync(path, text)
    return text
  }

  test('a record that was acknowledged and then lost, the others numbered anew', async () => {
    const { acknowledged, lines, middle } = await crashed()
    const text = rewrite(lines.toSpliced(middle, 1))
    expect(checkLog(text, acknowledged).some((fault) => fault.startsWith('lost'))).toBe(true)
    expect(checkTree(undefined).problems.map(({ file }) => file)).toContain('records.ndjson')
  })

  test('two records that changed places, and their numbers with them', async () => {
    const { acknowledged, lines, middle } = await crashed()
    const text = rewrite(lines.toSpliced(middle, 2, lines[middle + 1] ?? '', lines[middle] ?? ''))
    expect(checkLog(text, acknowledged).filter((fault) => fault.startsWith('lost'))).toHaveLength(2)
    expect(checkTree(undefined).problems).toMatchObject([{ kind: 'tampered', file: 'records.ndjson' }])
  })
})

test('a second process is refused while the first lives, and takes over when it was killed', async () => {
  const child = spawn(process.execPath, [program, path, 'written', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  child.stdout.resume()
  await expect(openFileLog({ path, durability: 'written', stamp })).rejects.toThrow(/another process writes/)
  child.kill('SIGKILL')
  await ended
  const log = await openFileLog({ path, durability: 'written', stamp })
  await log.append(bareRecord(0xe000_0000))
  await log.close()
  expect(checkLog(textOfLog(), new Map())).toEqual([])
})
