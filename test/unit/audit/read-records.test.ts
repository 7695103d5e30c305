import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openRecords } from '../../../pdp/audit/read-records.ts'
import { createSampleLog, linesOf, type SampleLog } from './tree/sample-log.ts'

let base = ''
let log: SampleLog
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'read-records-'))
  log = createSampleLog(base, true)
})
afterEach(() => rmSync(base, { recursive: true }))

const whole = { records: Infinity, bytes: Infinity }

describe('records are read', () => {
  test('from any number on, as many as asked for', () => {
    log.growTo(500)
    const lines = linesOf(log)
    const reader = openRecords(log.folder)
    for (const from of [0, 1, 250, 499, 7, 300]) {
      expect(reader.read(from, { ...whole, records: 3 })).toEqual(
        lines.slice(from, from + 3).map((line, i) => ({ seq: from + i, line })),
      )
    }
    expect(reader.read(0, whole).map(({ line }) => line)).toEqual(lines)
    expect(reader.read(10, { ...whole, bytes: 1 }).map(({ seq }) => seq)).toEqual([10])
    reader.close()
  })

  test('while the log grows, and not before their line ends', () => {
    log.growTo(2)
    const reader = openRecords(log.folder)
    expect(reader.read(0, whole)).toHaveLength(2)
    expect(reader.read(2, whole)).toEqual([])
    expect(reader.read(9, whole)).toEqual([])
    log.growTo(3)
    expect(reader.read(2, whole).map(({ seq }) => seq)).toEqual([2])
    appendFileSync(log.places.log, '{"v":1,"kind":"decision","seq":3,"id"')
    expect(reader.read(3, whole)).toEqual([])
    reader.close()
  })

  test('of an empty log there are none', () => {
    const reader = openRecords(log.folder)
    expect([reader.read(0, whole), reader.read(5, whole)]).toEqual([[], []])
    reader.close()
  })
})

test('a line that is not the record of its number is damage', () => {
  log.growTo(5)
  const lines = linesOf(log)
  writeFileSync(log.places.log, `${lines[0]}\n${lines[2]}\n${lines[1]}\n`)
  const reader = openRecords(log.folder)
  expect(() => reader.read(0, whole)).toThrow(/its line 1 is not that record/)
  reader.close()
})
