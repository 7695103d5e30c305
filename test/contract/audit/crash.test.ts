import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFileLog } from '../../../pdp/audit/file-log.ts'
import { checkLog } from '../../unit/audit/check-log.ts'
import { bareRecord, idOf, opening } from '../../unit/audit/sample-records.ts'

const program = join(import.meta.dirname, 'appending-process.ts')
const rounds = 15

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crash-'))
  path = join(folder, 'audit.ndjson')
})
afterEach(() => rmSync(folder, { recursive: true }))

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

const countAfter = (text: string, seq: number) => text.split('\n').length - 1 - (seq + 1)

describe.for(['written', 'synced'] as const)('%s', (durability) => {
  test(`killed ${rounds} times at any moment: no acknowledged record is lost`, async () => {
    const acknowledged = new Map<string, number>()
    let untold = 0 // in the file, though the process was killed before it said so
    let torn = 0
    for (let round = 0; round < rounds; round++) {
      const inRound = await appendAndKill(durability, round * 1_000_000, 5 + ((round * 37) % 60))
      for (const [id, seq] of inRound) acknowledged.set(id, seq)
      const atCrash = readFileSync(path, 'utf8')
      if (!atCrash.endsWith('\n')) torn++
      untold += inRound.size > 0 ? countAfter(atCrash, Math.max(...inRound.values())) : 0

      const log = await openFileLog({ path, durability, opening: { ...opening, id: idOf(0xf000_0000 + round) } })
      const { seq } = await log.append(bareRecord(0xe000_0000 + round))
      await log.close()
      acknowledged.set(idOf(0xe000_0000 + round), seq)
      expect(checkLog(readFileSync(path, 'utf8'), acknowledged), `round ${round}`).toEqual([])
    }
    expect(acknowledged.size).toBeGreaterThan(rounds * 20)
    console.log(
      `${durability}: ${acknowledged.size} acknowledged, ${untold} more written, ${torn} of ${rounds} kills tore a line`,
    )
  })
})

test('the check finds a record that was acknowledged and then lost', async () => {
  const acknowledged = await appendAndKill('written', 0, 40)
  const sound = readFileSync(path, 'utf8')
  const whole = sound.slice(0, sound.lastIndexOf('\n') + 1)
  expect(checkLog(whole, acknowledged)).toEqual([])
  const lines = whole.split('\n')
  const lost = lines.toSpliced(Math.floor(acknowledged.size / 2), 1).join('\n')
  expect(checkLog(lost, acknowledged).some((fault) => fault.startsWith('lost'))).toBe(true)
})

test('a second process is refused while the first lives, and takes over when it was killed', async () => {
  const child = spawn(process.execPath, [program, path, 'written', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  child.stdout.resume()
  await expect(openFileLog({ path, durability: 'written', opening })).rejects.toThrow(/another process writes/)
  child.kill('SIGKILL')
  await ended
  const log = await openFileLog({ path, durability: 'written', opening })
  await log.append(bareRecord(0xe000_0000))
  await log.close()
  expect(checkLog(readFileSync(path, 'utf8'), new Map())).toEqual([])
})
