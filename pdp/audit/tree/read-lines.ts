import { maximumLineBytes } from '../record-line.ts'
import { type Hash, hashPrefixedLeaf } from './merkle-hash.ts'
import type { LogBytes } from './tree-files.ts'

/** Where lines are read: line `seq` begins at byte `from`; nothing is read from byte `to` on. */
export interface LineRange {
  readonly seq: number
  readonly from: number
  readonly to: number
  readonly maximum: number
}

const chunkBytes = 1024 * 1024
const newline = 0x0a

/**
 * Reads at most `maximum` lines as leaves and hands each on: its hash, and its bytes without the line end, which are good
 * until the call returns. Answers the byte after the last one. Throws for a line that is not the record of its number,
 * and where there are fewer.
 */
export function readLines(
  log: LogBytes,
  { seq, from, to, maximum }: LineRange,
  each: (hash: Hash, bytes: Buffer) => void,
): number {
  const chunk = Buffer.allocUnsafe(1 + Math.min(chunkBytes, to - from))
  let at = from
  let count = 0
  while (count < maximum) {
    // one byte before the first line, as there is one before every other: it becomes the 0x00 of a leaf (RFC 6962 §2.1)
    const length = 1 + log.read(at, chunk.subarray(1, 1 + to - at))
    const read = chunk.subarray(0, length)
    let start = 1
    for (; count < maximum; count++) {
      const end = read.indexOf(newline, start)
      if (end === -1) break
      read[start - 1] = 0x00
      const bytes = read.subarray(start, end)
      if (!isRecord(bytes, seq + count)) throw damaged(`its line ${seq + count} is not that record`)
      each(hashPrefixedLeaf(read.subarray(start - 1, end)), bytes)
      start = end + 1
    }
    if (start === 1) throw damaged(`it ends before record ${seq + count}`)
    at += start - 1
  }
  return at
}

const headBytes = 64

function isRecord(line: Buffer, seq: number): boolean {
  const head = line.toString('latin1', 0, headBytes)
  return head.startsWith('{"v":1,"kind":"') && head.includes(`","seq":${seq},"`)
}

/** The byte where line `seq` begins, found by halves: lines say their number. Throws where the log has no such line. */
export function findLine(log: LogBytes, seq: number): number {
  let low = 0 // a line at or before the wanted one begins here
  let high = log.size()
  const window = Buffer.allocUnsafe(2 * maximumLineBytes)
  const lineAfter = (at: number) => {
    const text = window.toString('latin1', 0, log.read(at, window))
    const start = at === 0 ? 0 : text.indexOf('\n') + 1
    const number = /^\{"v":1,"kind":"[a-z]+","seq":([0-9]+),/.exec(text.slice(start, start + headBytes))?.[1]
    return number === undefined ? undefined : { start: at + start, seq: Number(number) }
  }
  while (high - low > maximumLineBytes) {
    const middle = Math.floor((low + high) / 2)
    const found = lineAfter(middle)
    if (found && found.seq <= seq) low = found.start
    else high = middle
  }
  for (let at = low; ; ) {
    const found = lineAfter(at === 0 ? 0 : at - 1)
    if (!found || found.seq > seq || found.start < at) throw damaged(`record ${seq} is not where it should be`)
    if (found.seq === seq) return found.start
    at = found.start + 1
  }
}

const damaged = (what: string): Error =>
  new Error(`the audit log is damaged: ${what}; keep the folder as evidence, and start with another`)
