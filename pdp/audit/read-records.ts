import { join } from 'node:path'
import { maximumLineBytes } from './record-line.ts'
import { nodeTreeFiles } from './tree/node-tree-files.ts'
import { findLine } from './tree/read-lines.ts'
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
 * `read` answers records in order from number `from` on, fewer at the end of the log and none after it; a line without
 * its end is no record yet. Throws where the log is damaged.
 */
export interface RecordReader {
  read(from: number, bounds: ReadBounds): readonly StoredRecord[]
  close(): void
}

const chunkBytes = 256 * 1024
const newline = 0x0a
const headPattern = /^\{"v":[0-9]+,"kind":"[a-z]+","seq":([0-9]+),/

/** Opens the records of the log in a folder. Throws where there is none. */
export function openRecords(folder: string): RecordReader {
  const log = nodeTreeFiles.openLog(join(folder, logNames.lines))
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let known = { seq: 0, at: 0 } // where a record begins: reading on from there needs no search

  /** The byte where a record begins, if the log has it or would have it next. */
  function placeOf(seq: number): number | undefined {
    if (seq === known.seq) return known.at
    try {
      return findLine(log, seq)
    } catch (error) {
      if (seq < countFrom(known)) throw error
      return undefined
    }
  }

  /** How many records there are, counted from a place that is known. */
  function countFrom({ seq, at }: typeof known): number {
    let count = seq
    for (let from = at, length = log.read(from, chunk); length > 0; length = log.read((from += length), chunk))
      for (let i = chunk.indexOf(newline); i !== -1 && i < length; i = chunk.indexOf(newline, i + 1)) count++
    return count
  }

  return {
    read(from, { records, bytes }) {
      const found: StoredRecord[] = []
      let at = placeOf(from)
      if (at === undefined) return found
      let taken = 0
      while (found.length < records && taken < bytes) {
        const read = chunk.subarray(0, log.read(at, chunk))
        let start = 0
        while (found.length < records && taken < bytes) {
          const end = read.indexOf(newline, start)
          if (end === -1) break
          const seq = from + found.length
          const line = read.toString('utf8', start, end)
          if (Number(headPattern.exec(line)?.[1]) !== seq)
            throw new Error(`the audit log is damaged: its line ${seq} is not that record; verify it`)
          found.push({ seq, line })
          taken += end + 1 - start
          start = end + 1
        }
        if (start === 0 && read.length > maximumLineBytes)
          throw new Error(`the audit log is damaged: record ${from + found.length} is longer than a record can be`)
        if (start === 0) break
        at += start
      }
      known = { seq: from + found.length, at }
      return found
    },
    close: () => log.close(),
  }
}
