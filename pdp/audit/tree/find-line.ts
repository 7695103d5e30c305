import { damaged } from '../damaged.ts'
import { maximumLineBytes } from '../line-size.ts'
import type { LogBytes } from './tree-files.ts'

const headBytes = 64

/** Whether the line between two places, after which its line end stands, is by its beginning the record of that number. */
export function isRecord(read: Buffer, start: number, end: number, seq: number): boolean {
  const after = end - start > usualHead.length ? endOfNumber(read, start, seq) : -1
  if (after !== -1 && read[after] === comma && read[after + 1] === quote) return true
  const head = read.toString('latin1', start, Math.min(end, start + headBytes))
  return head.startsWith('{"v":1,"kind":"') && head.includes(`","seq":${seq},"`)
}

const usualHead = Buffer.from('{"v":1,"kind":"decision","seq":')
const [comma, quote, zero] = [0x2c, 0x22, 0x30]

/** Where a number ends that stands after the usual head, byte by byte, since a text of each line costs more; -1 if none does. */
function endOfNumber(read: Buffer, start: number, seq: number): number {
  for (let i = 0; i < usualHead.length; i++) if (read[start + i] !== usualHead[i]) return -1
  let at = start + usualHead.length
  let unit = 1
  while (unit * 10 <= seq) unit *= 10
  for (let rest = seq; unit >= 1; unit /= 10, at++) {
    const digit = Math.floor(rest / unit)
    if (read[at] !== zero + digit) return -1
    rest -= digit * unit
  }
  return at
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
