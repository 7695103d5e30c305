import type { LogBytes } from '../tree/tree-files.ts'

const chunkBytes = 1024 * 1024
const newline = 0x0a

/**
 * Hands on each line of a file without its line end, whatever it holds; the bytes are good until the call returns.
 * Answers how many bytes follow the last line end.
 */
export function forEachLine(log: LogBytes, each: (line: Buffer) => void): number {
  let rest: Buffer = Buffer.alloc(0)
  for (let at = 0; ; ) {
    const chunk = Buffer.alloc(chunkBytes)
    const length = log.read(at, chunk)
    if (length === 0) return rest.length
    at += length
    const bytes = Buffer.concat([rest, chunk.subarray(0, length)])
    let start = 0
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      each(bytes.subarray(start, end))
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
}
