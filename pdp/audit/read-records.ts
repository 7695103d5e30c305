import { dirname, join } from 'node:path'
import { maximumLineBytes } from './line-size.ts'
import { segmentPath, segmentsAmong } from './segments.ts'
import { nodeTreeFiles } from './tree/node-tree-files.ts'
import { findLine } from './tree/find-line.ts'
import type { LogBytes } from './tree/tree-files.ts'
import { logNames } from './verify/read-log-files.ts'

/** A record as it stands in the log: its number, and its line without the line end. */
export interface StoredRecord {
  readonly seq: number
  readonly line: string
}

/** How much is read at once: at most so many records, and no further one after so many bytes. */
export interface ReadBounds {
  readonly records: number
  readonly bytes: number
}

/**
 * Reads the records of a log that may be in use. Whoever reads is told nothing of the files that they stand in.
 * `read` answers records in order from number `from` on, fewer at the end of the log and none after it; where older ones
 * were pruned, from the oldest that is there. A line without its end is no record yet. Throws where the log is damaged.
 */
export interface RecordReader {
  read(from: number, bounds: ReadBounds): readonly StoredRecord[]
  close(): void
}

const chunkBytes = 256 * 1024
const newline = 0x0a
const headPattern = /^\{"v":[0-9]+,"kind":"[a-z]+","seq":([0-9]+),/

/** A segment that is open, and how far it was read: record `seq` begins, or will, at byte `at`. */
interface Reading {
  readonly first: number
  readonly bytes: LogBytes
  readonly seq: number
  readonly at: number
}

/** Opens the records of the log in a folder. Throws where there is none. */
export function openRecords(folder: string): RecordReader {
  const log = join(folder, logNames.lines)
  const chunk = Buffer.allocUnsafe(chunkBytes)
  const firsts = () => segmentsAmong(nodeTreeFiles.list(dirname(log)), log)
  let open: Reading = begin(firsts()[0] ?? 0)

  function begin(first: number): Reading {
    return { first, bytes: nodeTreeFiles.openLog(segmentPath(log, first)), seq: first, at: 0 }
  }

  function turnTo(first: number): void {
    open.bytes.close()
    open = begin(first)
  }

  /** Goes to where a record begins, or will as the next one; false if the log does not reach that far. */
  function seek(seq: number): boolean {
    if (seq === open.seq) return true
    const first = firsts().findLast((each) => each <= seq)
    if (first !== undefined && first !== open.first) turnTo(first)
    if (seq === open.seq) return true
    try {
      open = { ...open, seq, at: findLine(open.bytes, seq) }
      return true
    } catch (error) {
      if (seq < countFrom(open)) throw error
      return false
    }
  }

  /** How many records there are, counted from a place that is known. */
  function countFrom({ bytes, seq, at }: Reading): number {
    let count = seq
    for (let from = at, length = bytes.read(from, chunk); length > 0; length = bytes.read((from += length), chunk))
      for (let i = chunk.indexOf(newline); i !== -1 && i < length; i = chunk.indexOf(newline, i + 1)) count++
    return count
  }

  /** Reads on in the segment that is open; answers none at its end. */
  function readOn(records: number, bytes: number): readonly StoredRecord[] {
    const read = chunk.subarray(0, open.bytes.read(open.at, chunk))
    const found: StoredRecord[] = []
    let start = 0
    while (found.length < records && start < bytes) {
      const end = read.indexOf(newline, start)
      if (end === -1) break
      const seq = open.seq + found.length
      const line = read.toString('utf8', start, end)
      if (Number(headPattern.exec(line)?.[1]) !== seq)
        throw new Error(`the audit log is damaged: its line ${seq} is not that record; verify it`)
      found.push({ seq, line })
      start = end + 1
    }
    if (start === 0 && read.length > maximumLineBytes)
      throw new Error(`the audit log is damaged: record ${open.seq} is longer than a record can be`)
    open = { ...open, seq: open.seq + found.length, at: open.at + start }
    return found
  }

  return {
    read(from, { records, bytes }) {
      const found: StoredRecord[] = []
      if (!seek(Math.max(from, firsts()[0] ?? 0))) return found
      let taken = 0
      while (found.length < records && taken < bytes) {
        const before = open.at
        const more = readOn(records - found.length, bytes - taken)
        found.push(...more)
        taken += open.at - before
        if (more.length > 0) continue
        if (open.seq === open.first || !firsts().includes(open.seq)) break
        turnTo(open.seq)
      }
      return found
    },
    close: () => open.bytes.close(),
  }
}
