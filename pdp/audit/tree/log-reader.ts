import { basename, dirname } from 'node:path'
import { damaged } from '../damaged.ts'
import { segmentPath, segmentsAmong } from '../segments.ts'
import { type Hash, hashPrefixedLeaf } from './merkle-hash.ts'
import { findLine, isRecord } from './find-line.ts'
import type { LogBytes, TreeFiles } from './tree-files.ts'

/** Where a line begins: `offset` bytes into the segment whose first record is `segment`. */
export interface LogPlace {
  readonly segment: number
  readonly offset: number
}

/** Which lines are read: `maximum` of them, from line `seq` on, which begins at `place`. */
export interface LineRange {
  readonly seq: number
  readonly place: LogPlace
  readonly maximum: number
}

/** Reads the lines of a log over all its segments, while another thread appends to the last. */
export interface LogReader {
  /** Where line `seq` begins. Throws where there is no such line, or where it was pruned. */
  find(seq: number): LogPlace
  /**
   * Hands on each line of the range, which must be there: its hash as a leaf, and its bytes after one byte 0x00, without
   * the line end, which are good until the call returns. Everything is read twice and must be the same. Answers the place
   * after the last one. Throws for a line that is not the record of its number.
   */
  read(range: LineRange, each: (hash: Hash, prefixed: Buffer) => void): LogPlace
  /** All that was read is on the device when it returns. */
  sync(): void
  close(): void
}

const chunkBytes = 1024 * 1024
const newline = 0x0a

/** `log`: the path of the segment that begins with record 0, whether it is still there or not. */
export function openLogReader(log: string, files: TreeFiles): LogReader {
  const held = new Map<number, Held>() // read and not synced since, and the one that was read last
  const chunk = Buffer.allocUnsafe(1 + chunkBytes)
  const again = Buffer.allocUnsafe(chunkBytes)

  function hold(segment: number): Held {
    const before = held.get(segment)
    if (before) return before
    const opened: Held = { bytes: files.openLog(segmentPath(log, segment)), from: Infinity, to: 0, lost: false }
    held.set(segment, opened)
    return opened
  }

  /** Reads at most a chunk from `offset` on, twice; answers its length. */
  function fill({ bytes }: Held, offset: number): number {
    // one byte before the first line, as there is one before every other: it becomes the 0x00 of a leaf (RFC 6962 §2.1)
    return bytes.read(offset, chunk.subarray(1))
  }

  /** What flipped in memory before it was hashed must not be signed for. */
  function compare({ bytes }: Held, offset: number, length: number): void {
    const second = again.subarray(0, length)
    if (bytes.read(offset, second) !== length || second.compare(chunk, 1, 1 + length) !== 0)
      throw new Error('the log was read twice and differs: check memory and disk')
  }

  return {
    find(seq) {
      const firsts = segmentsAmong(files.list(dirname(log)), log)
      const segment = firsts.findLast((first) => first <= seq)
      if (segment === undefined)
        throw damaged(firsts.length === 0 ? `${basename(log)} is missing` : `record ${seq} was pruned`)
      return { segment, offset: findLine(hold(segment).bytes, seq) }
    },
    read({ seq, place, maximum }, each) {
      let { segment, offset } = place
      let count = 0
      while (count < maximum) {
        const from = hold(segment)
        const length = fill(from, offset)
        const read = chunk.subarray(0, 1 + length)
        let start = 1
        for (; count < maximum; count++) {
          const end = read.indexOf(newline, start)
          if (end === -1) break
          if (!isRecord(read, start, end, seq + count)) throw damaged(`its line ${seq + count} is not that record`)
          read[start - 1] = 0x00
          const prefixed = read.subarray(start - 1, end)
          each(hashPrefixedLeaf(prefixed), prefixed)
          if (start > 1) read[start - 1] = newline
          start = end + 1
        }
        if (start > 1) {
          compare(from, offset, start - 1)
          from.from = Math.min(from.from, offset)
          offset += start - 1
          from.to = Math.max(from.to, offset)
        } else {
          const next = seq + count
          if (length > 0 || next === segment || !files.list(dirname(log)).includes(basename(segmentPath(log, next))))
            throw damaged(`it ends before record ${next}`)
          segment = next
          offset = 0
        }
      }
      return { segment, offset }
    },
    sync() {
      const newest = [...held.keys()].at(-1)
      for (const [segment, each] of held) {
        if (each.to > each.from) syncHeld(segmentPath(log, segment), each, files)
        if (segment === newest) continue
        each.bytes.close()
        held.delete(segment)
      }
    },
    close() {
      for (const { bytes } of held.values()) bytes.close()
      held.clear()
    },
  }
}

/** A segment that is open. `from`, `to`: what was read and not synced since; `lost`: syncing it failed before. */
interface Held {
  bytes: LogBytes
  from: number
  to: number
  lost: boolean
}

/**
 * Linux holds pages for clean that it could not write, and says so once: another sync would answer that all is well. So
 * after a failure the same bytes are written again where they stand, which makes them changed pages, by a new descriptor.
 */
function syncHeld(path: string, held: Held, files: TreeFiles): void {
  if (held.lost) {
    held.bytes.close()
    held.bytes = files.openLog(path)
    files.rewrite(path, held.from, held.to)
  }
  held.lost = true
  held.bytes.sync()
  held.lost = false
  held.from = Infinity
  held.to = 0
}
