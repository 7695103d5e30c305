import { damaged } from '../damaged.ts'
import { maximumLineBytes } from '../record-line.ts'
import type { LogBytes } from './tree-files.ts'

const headBytes = 64

/** Whether the line between two places is, by its beginning, the record of that number. */
export function isRecord(read: Buffer, start: number, end: number, seq: number): boolean {
  const usual = `{"v":1,"kind":"decision","seq":${seq},"`
  if (read.toString('latin1', start, Math.min(end, start + usual.length)) === usual) return true
  const head = read.toString('latin1', start, Math.min(end, start + headBytes))
  return head.startsWith('{"v":1,"kind":"') && head.includes(`","seq":${seq},"`)
}

/** The byte of a segment where line `seq` begins, found by halves: lines say their number. Throws where it has no such line. */
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
