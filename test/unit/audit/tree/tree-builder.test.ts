import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openCheckpoint } from '../../../../pdp/audit/tree/checkpoint.ts'
import { makeNoteSigner } from '../../../../pdp/audit/tree/note-key.ts'
import { nodeTreeFiles } from '../../../../pdp/audit/tree/node-tree-files.ts'
import { createTreeReader } from '../../../../pdp/audit/tree/serve-tree.ts'
import { openTreeBuilder } from '../../../../pdp/audit/tree/tree-builder.ts'
import type { TreeFiles } from '../../../../pdp/audit/tree/tree-files.ts'
import { verifyLog } from '../../../../pdp/audit/verify/verify-log.ts'
import { rootOf } from './root-of.ts'
import { createSampleLog, linesOf, type SampleLog } from './sample-log.ts'

let base = ''
let log: SampleLog
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tree-'))
  log = createSampleLog(base)
})
afterEach(() => rmSync(base, { recursive: true }))

const rootOfLines = (count: number) => rootOf(linesOf(log).slice(0, count))
const published = () => readFileSync(join(log.places.folder, 'checkpoint'))
const verified = (note?: Uint8Array) =>
  verifyLog({ folder: log.folder, verifier: log.signer, ...(note && { since: { name: 'saved', note } }) })

/** Brings the tree to so many records and closes it. */
function build(records: number) {
  log.growTo(records)
  const builder = log.open()
  try {
    return builder.advance(log.extent())
  } finally {
    builder.close()
  }
}

test('nothing is published for an empty log', () => {
  expect(build(0)).toBeUndefined()
  expect(existsSync(join(log.places.folder, 'checkpoint'))).toBe(false)
})

test.for([[1], [255], [256], [257], [70, 71, 600], [256, 512, 513], [1, 2, 3, 300, 65_600]])(
  'grows by steps, each in a process of its own: %s',
  (sizes) => {
    let saved: Buffer | undefined
    for (const size of sizes) {
      expect(build(size)).toMatchObject({ size, root: rootOfLines(size) })
      expect(openCheckpoint(published(), log.signer)).toMatchObject({ ok: true, checkpoint: { size } })
      expect(verified(saved)).toMatchObject({ problems: [], records: size, covered: size, notes: [] })
      saved = published()
    }
  },
)

test('one builder goes on as the log does, and keeps of partial tiles the widest alone', () => {
  log.growTo(1)
  const builder = log.open()
  for (const size of [1, 2, 100, 256, 300, 700]) {
    expect(builder.advance(log.growTo(size))).toMatchObject({ size, root: rootOfLines(size) })
    expect(verified().problems).toEqual([])
  }
  builder.close()
  const names = readdirSync(log.places.folder, { recursive: true }).map(String).sort()
  const partial = names.filter((name) => name.includes('.p/'))
  expect(partial).toEqual(['tile/0/002.p/188', 'tile/1/000.p/2'])
})

test('what the log does not hold yet by its own account is not signed for', () => {
  const extent = log.growTo(5)
  log.growTo(9)
  const builder = log.open()
  expect(builder.advance(extent)).toMatchObject({ size: 5, root: rootOfLines(5) })
  builder.close()
})

describe('tiles that are missing or damaged are made again from the log', () => {
  test.for(['tile/0/000', 'tile/0/001.p/44', 'tile/1/000.p/1', 'tile'])('%s', (path) => {
    build(300)
    rmSync(join(log.places.folder, path), { recursive: true })
    build(301)
    build(520)
    expect(verified().problems.filter(({ file }) => file !== 'tree/tile/0/000')).toEqual([])
  })

  test('and the checkpoint, which the key has signed before', () => {
    build(300)
    const note = published()
    rmSync(log.places.folder, { recursive: true })
    build(300)
    expect(published()).toEqual(note)
    expect(verified(note).problems).toEqual([])
  })
})

describe('refused at the start, and nothing signed', () => {
  const changeLine = (seq: number) => {
    const lines = linesOf(log).map((line, i) => (i === seq ? line.replace('INTERNAL', 'ALLOWED ') : line))
    writeFileSync(log.places.log, `${lines.join('\n')}\n`)
  }
  test.for<readonly [string, () => void, RegExp]>([
    ['a line under the checkpoint that was changed', () => changeLine(290), /does not begin with the 300 records/],
    [
      'a line before it, where tiles are gone too',
      () => {
        changeLine(7)
        rmSync(join(log.places.folder, 'tile'), { recursive: true })
      },
      /does not begin with the 300 records/,
    ],
    [
      'a log that is shorter',
      () => writeFileSync(log.places.log, `${linesOf(log).slice(0, 299).join('\n')}\n`),
      /not where it should be|ends before record|is not that record/,
    ],
    [
      'a checkpoint that was changed',
      () => writeFileSync(join(log.places.folder, 'checkpoint'), published().toString().replace('300', '299')),
      /checkpoint is no checkpoint of this key \(signature\)/,
    ],
    ['a key that forgot what it signed', () => rmSync(log.places.signed), /bring back that file/],
  ])('%s', ([, damage, reason]) => {
    build(300)
    const before = existsSync(log.places.signed) && readFileSync(log.places.signed, 'utf8')
    damage()
    expect(() => build(310)).toThrow(reason)
    if (existsSync(log.places.signed)) expect(readFileSync(log.places.signed, 'utf8')).toBe(before)
  })

  test('another key', () => {
    build(3)
    const other = makeNoteSigner(() => log.signer.name)
    expect(() => openTreeBuilder(log.places, other, log.extent(), nodeTreeFiles)).toThrow(/\(unsigned\): bring back/)
  })

  test('an extent that is less than what was signed for', () => {
    build(3)
    expect(() => openTreeBuilder(log.places, log.signer, { records: 2 }, nodeTreeFiles)).toThrow(
      /has 2 records and its checkpoint 3/,
    )
  })
})

test('a line that is not the next record is not signed for', () => {
  log.growTo(3)
  const builder = log.open()
  builder.advance(log.extent())
  writeFileSync(log.places.log, `${linesOf(log)[1]}\n`, { flag: 'a' })
  expect(() => builder.advance({ records: 4 })).toThrow(/line 3 is not that record/)
  builder.close()
  expect(openCheckpoint(published(), log.signer)).toMatchObject({ checkpoint: { size: 3 } })
})

test('a bit that flips in memory between reading and signing is not signed for', () => {
  let reads = 0
  let flipAt = -1
  const files: TreeFiles = {
    ...nodeTreeFiles,
    openLog(path) {
      const bytes = nodeTreeFiles.openLog(path)
      return {
        ...bytes,
        read(from, into) {
          const length = bytes.read(from, into)
          if (reads++ === flipAt) into[100] = (into[100] ?? 0) ^ 4
          return length
        },
      }
    },
  }
  log.growTo(300)
  const builder = log.open(files)
  for (const which of [0, 1]) {
    reads = 0
    flipAt = which
    expect(() => builder.advance(log.extent()), `read ${which}`).toThrow(/read twice and differs/)
    expect(existsSync(log.places.signed)).toBe(false)
  }
  flipAt = -1
  expect(builder.advance(log.extent())).toMatchObject({ size: 300, root: rootOfLines(300) })
  builder.close()
})

test('another that signs with the same key is noticed', () => {
  log.growTo(3)
  const [one, other] = [log.open(), log.open()]
  one.advance(log.extent())
  log.growTo(5)
  expect(() => other.advance(log.extent())).toThrow(/something else signs/)
  one.close()
  other.close()
})

describe('what is served', () => {
  const serve = () => createTreeReader(log.places, () => log.extent().records, nodeTreeFiles)
  const text = (path: string) => Buffer.from(serve()(path)?.bytes ?? []).toString('latin1')

  test('the checkpoint, tiles, and narrower ones of those that were replaced', () => {
    build(3)
    const narrow = text('tile/0/000.p/3')
    expect(narrow).toHaveLength(96)
    build(200)
    expect(text('tile/0/000.p/3')).toBe(narrow)
    build(300)
    expect(text('tile/0/000.p/3')).toBe(narrow)
    expect(text('tile/0/000')).toHaveLength(256 * 32)
    expect(serve()('checkpoint')).toMatchObject({ type: 'text/plain; charset=utf-8', lasting: false })
    expect(serve()('tile/1/000.p/1')).toMatchObject({ type: 'application/octet-stream', lasting: true })
  })

  test('entries, each after its length', () => {
    build(300)
    const lines = linesOf(log)
    for (const [path, from, width] of [
      ['tile/entries/000', 0, 256],
      ['tile/entries/000.p/7', 0, 7],
      ['tile/entries/001.p/44', 256, 44],
    ] as const) {
      const expected = lines.slice(from, from + width).map((line) => {
        const length = Buffer.alloc(2)
        length.writeUInt16BE(line.length)
        return Buffer.concat([length, Buffer.from(line)])
      })
      expect(Buffer.from(serve()(path)?.bytes ?? []), path).toEqual(Buffer.concat(expected))
    }
  })

  test.for(['tile/0/002', 'tile/entries/001', 'tile/entries/001.p/45', 'tile/2/000.p/1', '../audit-log.signed', ''])(
    'nothing: %s',
    (path) => {
      build(300)
      expect(serve()(path)).toBeUndefined()
    },
  )
})
