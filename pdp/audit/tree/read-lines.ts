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
 * Reads at most `maximum` lines as leaves and hands each on: its hash, and its bytes after one byte 0x00, without the line
 * end, which are good until the call returns. Answers the byte after the last one. Throws for a line that is not the
 * record of its number, and where there are fewer.
 */
export function readLines(
  log: LogBytes,
  { seq, from, to, maximum }: LineRange,
  each: (hash: Hash, prefixed: Buffer) => void,
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
      if (!isRecord(read, start, end, seq + count)) throw damaged(`its line ${seq + count} is not that record`)
      read[start - 1] = 0x00
      const prefixed = read.subarray(start - 1, end)
      each(hashPrefixedLeaf(prefixed), prefixed)
      start = end + 1
    }
    if (start === 1) throw damaged(`it ends before record ${seq + count}`)
    at += start - 1
  }
  return at
}

/** Hashes lines a second time, read anew: `lengths` are their bytes with the byte before each, from byte `from` on. */
export function rehashLines(log: LogBytes, from: number, lengths: readonly number[], each: (hash: Hash) => void): void {
  const chunk = Buffer.allocUnsafe(1 + chunkBytes)
  let at = from
  for (let i = 0; i < lengths.length; ) {
    const length = 1 + log.read(at, chunk.subarray(1))
    let start = 0
    for (let bytes = lengths[i]; bytes !== undefined && start + bytes < length; bytes = lengths[++i]) {
      chunk[start] = 0x00
      each(hashPrefixedLeaf(chunk.subarray(start, start + bytes)))
      start += bytes
    }
    if (start === 0) throw damaged('it became shorter while it was read')
    at += start
  }
}

const headBytes = 64

function isRecord(read: Buffer, start: number, end: number, seq: number): boolean {
  const usual = `{"v":1,"kind":"decision","seq":${seq},"`
  if (read.toString('latin1', start, Math.min(end, start + usual.length)) === usual) return true
  const head = read.toString('latin1', start, Math.min(end, start + headBytes))
  return head.startsWith('{"v":1,"kind":"') && head.includes(`","seq":${seq},"`)
}

/** The byte where line `seq` begins, found by halves: lines say their number. Throws where the log has no such line. */
export function findLine(log: LogBytes, seq: number): number {
  let low = 0 // a line at or before the wanted one begins here
  let high = log.size()
  const window = Buffer.allocUnsafe(2 * maximumLineBytes)
  // the first line that begins after a byte; -1 is the byte before the first
  const lineAfter = (byte: number) => {
    const at = Math.max(0, byte)
    const text = window.toString('latin1', 0, log.read(at, window))
    const start = byte < 0 ? 0 : text.indexOf('\n') + 1
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
    const found = lineAfter(at - 1)
    if (!found || found.seq > seq || found.start < at) throw damaged(`record ${seq} is not where it should be`)
    if (found.seq === seq) return found.start
    at = found.start + 1
  }
}

const damaged = (what: string): Error =>
  new Error(`the audit log is damaged: ${what}; keep the folder as evidence, and start with another`)
