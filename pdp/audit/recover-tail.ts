import { isUtf8 } from 'node:buffer'
import { damaged } from './damaged.ts'
import type { LogFile } from './log-file.ts'
import { maximumLineBytes } from './line-size.ts'

/**
 * Where a log goes on.
 *
 * - `size`: bytes up to the end of the last good line. `seq`: the number of the next record.
 * - `rest`: what follows and is no record; empty if there is nothing. `reason`: a line that was not written to its end,
 *   or anything else.
 */
export interface LogTail {
  readonly size: number
  readonly seq: number
  readonly rest: Uint8Array
  readonly reason: 'torn-line' | 'damaged-end'
}

const chunkBytes = 1024 * 1024
const newline = 0x0a

/**
 * Finds the end of a segment that begins with record `first`. The first `signed` records of the log are under a signed
 * checkpoint: throws where one of them is damaged. What is damaged after them was never proved, and is the rest.
 */
export async function recoverTail(file: LogFile, first: number, signed: number): Promise<LogTail> {
  const size = await file.size()
  let good = 0
  let seq = first
  while (good < size) {
    const bytes = await readExactly(file, good, Math.min(chunkBytes, size - good))
    const checked = checkLines(bytes, seq)
    good += checked.bytes
    seq += checked.records
    if (checked.fault === undefined && (checked.bytes > 0 || bytes.length < chunkBytes)) {
      if (good + (bytes.length - checked.bytes) < size) continue
      const rest = bytes.subarray(checked.bytes)
      if (rest.length <= maximumLineBytes) return { size: good, seq, rest, reason: 'torn-line' }
    }
    const fault = checked.fault ?? 'its end is longer than a line and has no line end'
    if (seq < signed) throw damaged(fault)
    return { size: good, seq, rest: await readExactly(file, good, size - good), reason: 'damaged-end' }
  }
  return { size: good, seq, rest: new Uint8Array(), reason: 'torn-line' }
}

/** The number of the last record of a segment that is not written to any more. Throws where it does not end with one. */
export async function lastRecord(file: LogFile): Promise<number> {
  const size = await file.size()
  const from = Math.max(0, size - 2 * maximumLineBytes)
  const bytes = await readExactly(file, from, size - from)
  const start = bytes.subarray(0, -1).lastIndexOf(newline) + 1
  const seq = bytes.at(-1) === newline ? seqOf(bytes.toString('utf8', start, bytes.length - 1)) : undefined
  if (seq === undefined) throw damaged('a segment before the last one does not end with a record')
  return seq
}

async function readExactly(file: LogFile, from: number, length: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for (let at = 0; at < length; ) {
    const part = await file.read(from + at, length - at)
    if (part.length === 0) throw damaged('it became shorter while it was read')
    parts.push(part)
    at += part.length
  }
  return Buffer.concat(parts)
}

/** How far the bytes are whole lines that are the records from `first` on, and what ends them, if not the bytes. */
function checkLines(bytes: Buffer, first: number): { bytes: number; records: number; fault?: string } {
  let start = 0
  let records = 0
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    const line = bytes.subarray(start, end)
    const seq = isUtf8(line) ? seqOf(line.toString()) : undefined
    const due = first + records
    if (seq === undefined) {
      const what = isUtf8(line) ? `the line after record ${due - 1} is no record` : 'a line is not UTF-8'
      return { bytes: start, records, fault: what }
    }
    if (seq !== due) return { bytes: start, records, fault: `record ${seq} stands where record ${due} is due` }
    start = end + 1
    records++
  }
  return { bytes: start, records }
}

function seqOf(line: string): number | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('v' in value && 'kind' in value && 'seq' in value))
    return undefined
  const { v, kind, seq } = value
  return v === 1 && typeof kind === 'string' && Number.isSafeInteger(seq) ? Number(seq) : undefined
}
