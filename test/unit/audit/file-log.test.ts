import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FileLogOptions, openFileLog } from '../../../pdp/audit/file-log.ts'
import type { LogFiles } from '../../../pdp/audit/log-file.ts'
import { nodeLogFiles } from '../../../pdp/audit/node-log-files.ts'
import { lineSchema } from '../../../pdp/audit/record-schema.ts'
import { maximumLineBytes } from '../../../pdp/audit/line-size.ts'
import { recordLine } from '../../../pdp/audit/record-line.ts'
import { checkLog } from './check-log.ts'
import { createFaultyFiles } from './faulty-files.ts'
import { bareRecord, decisionRecord, idOf, stamp } from './sample-records.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-log-'))
  path = join(folder, 'audit.ndjson')
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (more: Partial<FileLogOptions> = {}) => openFileLog({ path, durability: 'written', stamp, ...more })
const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => `${recordLine(bareRecord(from + n), from + n)}\n`)
const text = () => readFileSync(path, 'utf8')

/** Opens, appends one record, closes; answers the number it got. */
async function appendOne(id: number): Promise<number> {
  const log = await open()
  const { seq } = await log.append(bareRecord(id))
  await log.close()
  return seq
}

describe('opening', () => {
  test('creates file and folder for the owner alone', async () => {
    path = join(folder, 'new', 'deeper', 'audit.ndjson')
    expect(await appendOne(0)).toBe(0)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(`${path}.lock`).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'new', 'deeper')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700)
  })

  test('goes on after the last record', async () => {
    for (let n = 0; n < 5; n++) expect(await appendOne(n)).toBe(n)
    expect(checkLog(text(), new Map([0, 1, 2, 3, 4].map((n) => [idOf(n), n])))).toEqual([])
  })

  test('goes on after the last record of a long file', async () => {
    const long = lines(8000).join('')
    expect(long.length).toBeGreaterThan(2 * 1024 * 1024)
    writeFileSync(path, long)
    expect(await appendOne(8000)).toBe(8000)
    expect(checkLog(text(), new Map([[idOf(8000), 8000]]))).toEqual([])
  })

  test('does not follow a link, nor write to what is no file', async () => {
    const elsewhere = join(folder, 'elsewhere')
    writeFileSync(elsewhere, '')
    symlinkSync(elsewhere, path)
    await expect(open()).rejects.toThrow(/ELOOP/)
    rmSync(path)
    mkdirSync(path)
    await expect(open()).rejects.toThrow(/EISDIR/)
    rmSync(path, { recursive: true })
    expect(await appendOne(0)).toBe(0)
  })
})

describe('a torn last line', () => {
  const tornLine = recordLine(bareRecord(3), 3)

  test.for<readonly [string, string | Uint8Array]>([
    ['one byte', '{'],
    ['half', tornLine.slice(0, tornLine.length / 2)],
    ['all but its end', tornLine],
    ['half a character', Buffer.from(`${tornLine.slice(0, 40)}\u20ac`).subarray(0, 42)],
    ['zeros, as a power loss may leave', Buffer.alloc(4096)],
  ])('%s: kept beside, cut, and told by a record', async ([, torn]) => {
    writeFileSync(path, Buffer.concat([Buffer.from(lines(3).join('')), Buffer.from(torn)]))
    expect(await appendOne(4)).toBe(4)
    expect(checkLog(text(), new Map([0, 1, 2, 4].map((n) => [idOf(n), n])))).toEqual([])
    const gap = lineSchema.parse(JSON.parse(text().split('\n')[3] ?? ''))
    const kept = `${path}.torn-3`
    expect(gap).toMatchObject({
      kind: 'gap',
      seq: 3,
      facts: { reason: 'torn-line', bytes: torn.length, kept: basename(kept) },
    })
    expect(readFileSync(kept)).toEqual(Buffer.from(torn))
    expect(statSync(kept).mode & 0o777).toBe(0o600)
  })

  test('as the only line of the file', async () => {
    writeFileSync(path, '{"v":1,"kind":"dec')
    expect(await appendOne(0)).toBe(1)
    expect(text()).toMatch(/^\{"v":1,"kind":"gap","seq":0,/)
  })

  test('at the end of a long file', async () => {
    writeFileSync(path, `${lines(8000).join('')}{"v":1`)
    expect(await appendOne(9000)).toBe(8001)
    expect(checkLog(text(), new Map([[idOf(9000), 8001]]))).toEqual([])
  })

  test('that cannot be kept is not cut', async () => {
    const before = `${lines(3).join('')}{"v":1`
    writeFileSync(path, before)
    const files: LogFiles = {
      ...nodeLogFiles,
      keep: async () => {
        throw new Error('ENOSPC: planted')
      },
    }
    await expect(open({ files })).rejects.toThrow(/ENOSPC/)
    expect(text()).toBe(before)
    expect(await appendOne(4)).toBe(4)
  })
})

describe('anything else damaged is refused at open, and left as it is', () => {
  const swap = (at: number, line: string) => lines(6).toSpliced(at, 1, line).join('')

  test.for<readonly [string, string | Uint8Array, RegExp]>([
    ['a line that is no JSON', swap(2, 'x\n'), /line after record 1 is no record/],
    ['an empty line', swap(2, '\n'), /line after record 1 is no record/],
    ['a torn line in the middle', swap(2, lines(6)[2]?.slice(0, 30) ?? ''), /line after record 1 is no record/],
    ['JSON that is no record', swap(2, '{"seq":2}\n'), /no record/],
    ['a list', swap(2, '[1]\n'), /no record/],
    ['null', swap(2, 'null\n'), /no record/],
    ['a later form', swap(2, `${lines(6)[2]?.replace('"v":1', '"v":2')}`), /no record/],
    ['a number that is text', swap(2, `${lines(6)[2]?.replace('"seq":2', '"seq":"2"')}`), /no record/],
    ['a record missing', swap(2, ''), /record 3 stands where record 2 is due/],
    ['a record twice', swap(2, lines(6)[1] ?? ''), /record 1 stands where record 2 is due/],
    ['the first record missing', swap(0, ''), /record 1 stands where record 0 is due/],
    ['a last line that is no record', `${lines(6).join('')}garbage\n`, /line after record 5 is no record/],
    ['bytes that are no text', Buffer.concat([Buffer.from(lines(6).join('')), Buffer.from([0xff, 0x0a])]), /not UTF-8/],
    ['a torn end longer than a line', lines(6).join('') + 'x'.repeat(maximumLineBytes + 1), /longer than a line/],
    ['a file without line ends', 'x'.repeat(3 * 1024 * 1024), /longer than a line/],
  ])('%s', async ([, content, reason]) => {
    writeFileSync(path, lines(6).join(''))
    expect(await appendOne(6), 'the twin').toBe(6)
    writeFileSync(path, content)
    await expect(open()).rejects.toThrow(reason)
    await expect(open(), 'refusing gives up the lock').rejects.toThrow(reason)
    expect(readFileSync(path).equals(Buffer.from(content))).toBe(true)
    expect(existsSync(`${path}.torn-6`)).toBe(false)
  })

  test('the reason does not quote the file', async () => {
    writeFileSync(path, 'MARKED secret\n')
    await expect(open()).rejects.toThrow(expect.not.stringContaining('MARKED') as string) // a matcher stands for a text
  })
})

describe('one writer', () => {
  test('a second log on the same file is refused while the first is open', async () => {
    const first = await open()
    await expect(open()).rejects.toThrow(/another process writes to this audit log/)
    await expect(open(), 'asking does not take the lock away').rejects.toThrow(/another process writes/)
    expect(await first.append(bareRecord(0))).toMatchObject({ seq: 0 })
    await first.close()
    expect(await appendOne(1)).toBe(1)
  })

  test('another file in the same folder is free', async () => {
    const first = await open()
    const second = await open({ path: join(folder, 'other.ndjson') })
    expect(await second.append(bareRecord(0))).toMatchObject({ seq: 0 })
    await Promise.all([first.close(), second.close()])
  })

  test('a file that was cut by something else takes no more records', async () => {
    const files = createFaultyFiles((call, n) => (call === 'write' && n === 2 ? 'EIO' : undefined))
    const log = await open({ files })
    await log.append(bareRecord(0))
    await log.append(bareRecord(1))
    writeFileSync(path, '')
    await expect(log.append(bareRecord(2))).rejects.toThrow(/EIO/)
    await expect(log.append(bareRecord(3))).rejects.toThrow(/cut by something else/)
    await log.close()
  })
})

describe('batches', () => {
  /** Files of which a write waits until it is let go. */
  function createHeldFiles() {
    const held: (() => void)[] = []
    const sizes: number[] = []
    const files: LogFiles = {
      ...nodeLogFiles,
      async open(at) {
        const file = await nodeLogFiles.open(at)
        const write = async (bytes: Uint8Array) => {
          sizes.push(bytes.length)
          await new Promise<void>((resolve) => held.push(resolve))
          return file.write(bytes)
        }
        return { ...file, write }
      },
    }
    const release = async () => {
      while (held.length === 0) await new Promise(setImmediate)
      held.shift()?.()
    }
    return { files, release, sizes }
  }

  test('one write in flight: what arrives meanwhile is one batch', async () => {
    const { files, release, sizes } = createHeldFiles()
    const log = await open({ files })
    const first = log.append(bareRecord(0))
    while (sizes.length === 0) await new Promise(setImmediate)
    const rest = [1, 2, 3, 4].map((n) => log.append(bareRecord(n)))
    await new Promise(setImmediate)
    expect(sizes).toHaveLength(1)
    await release()
    await first
    await release()
    await Promise.all(rest)
    expect(sizes).toHaveLength(2)
    expect(sizes[1]).toBe((sizes[0] ?? 0) * 4)
    await log.close()
  })

  test.for([
    ['written', 2],
    ['synced', 1],
  ] as const)('many in one turn of the event loop, %s: %i writes', async ([durability, writes]) => {
    const { files, release, sizes } = createHeldFiles()
    const log = await open({ files, durability })
    const all: Promise<{ readonly seq: number }>[] = []
    for (let n = 0; n < 40; n++) {
      all.push(log.append(bareRecord(n)))
      await Promise.resolve() // as decisions follow each other
    }
    expect(sizes).toHaveLength(writes - 1) // begun before it is over
    for (let n = 0; n < writes; n++) await release()
    expect((await Promise.all(all)).map(({ seq }) => seq)).toEqual([...all.keys()])
    expect(sizes).toHaveLength(writes)
    await log.close()
    expect(text()).toBe(lines(40).join(''))
  })

  test('no receipt before its write returned', async () => {
    const { files, release } = createHeldFiles()
    const log = await open({ files })
    let told = false
    const written = log.append(bareRecord(0)).then(() => {
      told = true
    })
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    expect(told).toBe(false)
    await release()
    await written
    expect(text()).toContain(idOf(0))
    await log.close()
  })

  test('too many records waiting: the next is rejected at once, and taken when there is room', async () => {
    const { files, release } = createHeldFiles()
    const log = await open({ files, maximumRecords: 3 })
    const held = [0, 1, 2].map((n) => log.append(bareRecord(n)))
    await expect(log.append(bareRecord(3))).rejects.toThrow(/full/)
    await release()
    await Promise.all(held)
    const next = log.append(bareRecord(4))
    await release()
    expect(await next, 'after the record that tells of the rejected one').toMatchObject({ seq: 4 })
    await log.close()
    expect(JSON.parse(text().split('\n')[3] ?? '')).toMatchObject({
      kind: 'gap',
      facts: { reason: 'not-written', records: 1, allows: 0, denies: 1, events: 0, codes: { INTERNAL: 1 } },
    })
  })

  test('too many bytes waiting: the next is rejected at once', async () => {
    const { files, release } = createHeldFiles()
    const log = await open({ files, maximumText: 6000 })
    const held = log.append(decisionRecord(0, { detail: 'x'.repeat(3000) }))
    await expect(log.append(decisionRecord(1, { detail: 'x'.repeat(1500) }))).rejects.toThrow(/full/)
    await release()
    await held
    const next = log.append(decisionRecord(1, { detail: 'x'.repeat(1500) }))
    await release()
    expect(await next).toMatchObject({ seq: 2 })
    await log.close()
  })

  test('close writes what was appended before, and refuses what comes after', async () => {
    const log = await open()
    const held = Array.from({ length: 100 }, (_, n) => log.append(bareRecord(n)))
    const closed = log.close()
    await expect(log.append(bareRecord(100))).rejects.toThrow(/closed/)
    await closed
    await Promise.all(held)
    expect(checkLog(text(), new Map(held.map((_, n) => [idOf(n), n])))).toEqual([])
    await log.close()
  })
})
