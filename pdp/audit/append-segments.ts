import { type Appender, createAppender, type Durability } from './append-bytes.ts'
import type { LogFile, LogFiles } from './log-file.ts'
import { segmentPath } from './segments.ts'

/** Appends to the last segment of a log, and begins another when that is full. One call at a time. */
export interface SegmentAppender {
  /** As {@link Appender.append}; `seq` is the number of the first record of the bytes. */
  append(bytes: Uint8Array, seq: number): Promise<void>
  close(): Promise<void>
}

/**
 * - `log`: the path of the segment that begins with record 0.
 * - `last`: the segment that is written to: its first record, its file, and how many of its bytes are good.
 * - `segmentBytes`: how long a segment becomes. One that cannot be ended or begun is gone on with.
 */
export interface SegmentOptions {
  readonly log: string
  readonly last: { readonly first: number; readonly file: LogFile; readonly size: number }
  readonly segmentBytes: number
  readonly durability: Durability
  readonly files: LogFiles
}

export function createSegmentAppender({ log, last, segmentBytes, durability, files }: SegmentOptions): SegmentAppender {
  const appenderOf = (first: number, file: LogFile, size: number): Appender =>
    createAppender({ open: () => files.open(segmentPath(log, first)), file, size, durability })
  let { first, size } = last
  let appender = appenderOf(first, last.file, size)
  let full = segmentBytes

  async function turnTo(next: number): Promise<void> {
    const path = segmentPath(log, next)
    try {
      await appender.seal() // only of the last segment may a power loss take something
      const file = await files.open(path)
      await appender.close().catch(() => undefined)
      appender = appenderOf(next, file, 0)
      first = next
      size = 0
      full = segmentBytes
    } catch {
      await files.remove(path).catch(() => undefined) // an empty one would hide what the present one goes on with
      full = size + Math.ceil(segmentBytes / 16)
    }
  }

  return {
    async append(bytes, seq) {
      if (size + bytes.length > full && seq > first) await turnTo(seq)
      await appender.append(bytes)
      size += bytes.length
    },
    close: () => appender.close(),
  }
}
