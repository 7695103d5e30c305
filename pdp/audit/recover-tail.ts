import { isUtf8 } from 'node:buffer'
import type { LogFile } from './log-file.ts'
import { maximumLineBytes } from './record-line.ts'

/**
 * Where a log goes on.
 *
 * - `size`: bytes up to the end of the last whole line. `seq`: the number of the next record.
 * - `torn`: what follows, a line that was not written to its end; empty if there is none.
 */
export interface LogTail {
  readonly size: number
  readonly seq: number
  readonly torn: Uint8Array
}

const windowBytes = 1024 * 1024
const newline = 0x0a

/**
 * Finds the end of a log. Only a torn last line is put up with: throws where the lines before it, as far as they lie in
 * the last mebibyte, are not records in sequence. The rest of the file is `audit verify`'s to check.
 */
export async function recoverTail(file: LogFile): Promise<LogTail> {
  const size = await file.size()
  const start = Math.max(0, size - windowBytes)
  const bytes = await readExactly(file, start, size - start)
  const end = bytes.lastIndexOf(newline) + 1
  const torn = bytes.subarray(end)
  if (torn.length > maximumLineBytes) throw damaged('its end is longer than a line and has no line end')
  const first = start === 0 ? 0 : bytes.indexOf(newline) + 1 // the window may begin within a line
  const seq = checkLines(bytes.subarray(first, end), start === 0 ? 0 : undefined)
  return { size: start + end, seq, torn }
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

/** Answers the number after the last. `expected`: what the first line must have, where that is known. */
function checkLines(bytes: Buffer, expected: number | undefined): number {
  if (!isUtf8(bytes)) throw damaged('a line is not UTF-8')
  let next = expected
  for (const line of bytes.toString().split('\n').slice(0, -1)) {
    const seq = seqOf(line)
    if (seq === undefined) throw damaged(`the line after record ${(next ?? 0) - 1} is no record`)
    if (next !== undefined && seq !== next) throw damaged(`record ${seq} stands where record ${next} is due`)
    next = seq + 1
  }
  if (next === undefined) throw damaged('it ends without a whole line')
  return next
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

const damaged = (what: string): Error =>
  new Error(`the audit log is damaged: ${what}; keep the file as evidence, and start with another`)
