import { basename, dirname } from 'node:path'
import { sha256 } from '../core/digest.ts'
import type { DecisionId } from '../core/frame.ts'
import type { AuditRecord } from '../core/record.ts'
import type { Instant } from '../core/time.ts'
import { mintWritten, type Written } from '../core/written.ts'
import type { AuditLog } from '../seams.ts'
import type { Durability } from './append-bytes.ts'
import { createSegmentAppender, type SegmentAppender } from './append-segments.ts'
import { createLosses } from './count-losses.ts'
import { damaged } from './damaged.ts'
import type { LogFile, LogFiles } from './log-file.ts'
import { nodeLogFiles } from './node-log-files.ts'
import { createLineWriter, type UnnumberedLine } from './line-writer.ts'
import { recordBody } from './record-line.ts'
import { lastRecord, type LogTail, recoverTail } from './recover-tail.ts'
import { segmentPath, segmentsAmong } from './segments.ts'
import type { Extent } from './tree/tree-builder.ts'

/**
 * - `path`: the first segment; the others are named after it. Beside it stand `<path>.lock` and, after a crash, what was
 *   cut of a segment, as `<segment>.torn-<seq>` or `<segment>.damaged-<seq>`.
 * - `durability`: what a receipt promises.
 * - `stamp`: id and time of the `gap` records that the log writes of its own accord.
 * - `signed`: how many records are under a signed checkpoint; what is damaged among them is not cut. All if absent.
 * - `segmentBytes`: how long a segment becomes; 64 MiB if absent.
 * - `maximumRecords`, `maximumText`: how much may wait, the batch being written included; 4096 and 16 Mi characters if absent.
 * - `refuses`: asked before each record: true where it must not be taken, as when the disk is almost full.
 * - `body`: what a line says after its number; `recordBody` if absent.
 * - `report`: told of records that could not be written, with the reason. Must not throw.
 */
export interface FileLogOptions {
  readonly path: string
  readonly durability: Durability
  readonly stamp: () => { readonly id: DecisionId; readonly at: Instant }
  readonly signed?: number
  readonly segmentBytes?: number
  readonly maximumRecords?: number
  readonly maximumText?: number
  readonly refuses?: (record: AuditRecord) => boolean
  readonly body?: (record: AuditRecord) => string
  readonly report?: (reason: unknown, records: number) => void
  readonly files?: LogFiles
}

/** A log in files. After `close`, which waits for what was appended before, every `append` rejects. */
export interface FileLog extends AuditLog {
  /** How far the log is acknowledged: its lines up to here never change. */
  extent(): Extent
  close(): Promise<void>
}

const defaultSegmentBytes = 64 * 1024 * 1024

/**
 * Opens the log as its only writer, and goes on after its last good line. What follows that is kept beside the log, cut,
 * and told by a `gap` record. Rejects where another process writes to it or where anything else is damaged.
 *
 * Records are written in batches, one write at a time: what is appended meanwhile is the next batch. A batch that cannot
 * be written is rejected whole and leaves no trace but a `gap` record with the next one that can, so the log recovers
 * with its disk. An `append` beyond the bounds rejects at once, and is told in the same way.
 */
export async function openFileLog(options: FileLogOptions): Promise<FileLog> {
  const { path, durability, stamp, segmentBytes = defaultSegmentBytes, files = nodeLogFiles } = options
  const unlock = files.lock(`${path}.lock`)
  let last: LastSegment | undefined
  try {
    last = await openLastSegment(path, options.signed ?? Number.POSITIVE_INFINITY, files)
    const { first, file, tail } = last
    const kept = keptPath(segmentPath(path, first), tail)
    if (tail.rest.length > 0) {
      await files.keep(kept, tail.rest)
      await file.truncate(tail.size)
    }
    const segments = createSegmentAppender({
      log: path,
      last: { first, file, size: tail.size },
      segmentBytes,
      durability,
      files,
    })
    const queue = createQueue(options, tail.seq, segments)
    let closed: Promise<void> | undefined
    const close = async () => {
      await queue.end()
      await segments.close().finally(unlock)
    }
    if (tail.rest.length > 0) await queue.append({ kind: 'gap', ...stamp(), facts: gapOf(kept, tail) })
    return { append: queue.append, extent: queue.extent, close: () => (closed ??= close()) }
  } catch (error) {
    await last?.file.close().catch(() => undefined)
    unlock()
    throw error
  }
}

async function lastRecordOf(segment: string, files: LogFiles): Promise<number> {
  const file = await files.open(segment)
  try {
    return await lastRecord(file)
  } finally {
    await file.close()
  }
}

interface LastSegment {
  readonly first: number
  readonly file: LogFile
  readonly tail: LogTail
}

async function openLastSegment(path: string, signed: number, files: LogFiles): Promise<LastSegment> {
  const [first = 0, before] = segmentsAmong(await files.list(dirname(path)), path).toReversed()
  if (before !== undefined) {
    const end = 1 + (await lastRecordOf(segmentPath(path, before), files))
    if (end !== first) throw damaged(`record ${end} is due after a segment, and the next one begins with ${first}`)
  }
  const file = await files.open(segmentPath(path, first))
  try {
    return { first, file, tail: await recoverTail(file, first, signed) }
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
}

const keptPath = (segment: string, { reason, seq }: LogTail): string =>
  `${segment}.${reason === 'torn-line' ? 'torn' : 'damaged'}-${seq}`

const gapOf = (kept: string, { reason, rest }: LogTail) => ({
  reason,
  bytes: rest.length,
  kept: basename(kept),
  sha256: sha256(rest),
})

interface Waiting extends UnnumberedLine {
  readonly record: AuditRecord
  readonly resolve: (written: Written) => void
  readonly reject: (reason: unknown) => void
}

/**
 * How many records that wait are written before the turn of the event loop is over, so that the thread that decides has
 * others to decide meanwhile. Of those that are synced none: each sync costs more than the wait.
 */
const enoughRecords = { written: 32, synced: Number.POSITIVE_INFINITY } as const satisfies Record<Durability, number>

/** Collects records into batches and numbers them. The number after the last written one is the next, whatever failed. */
function createQueue(options: FileLogOptions, found: number, segments: SegmentAppender) {
  const { maximumRecords = 4096, maximumText = 16 * 1024 * 1024, stamp } = options
  const { refuses = () => false, report = () => undefined, body = recordBody } = options
  const enough = enoughRecords[options.durability]
  const losses = createLosses()
  const bytesOf = createLineWriter()
  let waiting: Waiting[] = []
  let heldRecords = 0
  let heldText = 0
  let next = found
  let running: Promise<void> | undefined
  let begin: () => void = () => undefined
  let ended = false

  async function run() {
    // one write for all that this turn of the event loop brings, or for enough of them
    await new Promise<void>((resolve) => {
      begin = resolve
      setImmediate(resolve)
    })
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await writeBatch(batch)
    }
    running = undefined
  }

  async function writeBatch(batch: readonly Waiting[]) {
    const lost = losses.take()
    const lines: readonly UnnumberedLine[] = lost
      ? [...batch, { kind: 'gap', body: recordBody({ kind: 'gap', ...stamp(), facts: lost.facts }) }]
      : batch
    if (lines.length === 0) return
    const failure = await segments.append(bytesOf(lines, next), next).then(
      () => undefined,
      (reason: unknown) => ({ reason }),
    )
    heldRecords -= batch.length // before anyone is told, who may append again at once
    for (const { body } of batch) heldText -= body.length
    if (failure) {
      lost?.back()
      for (const { record, reject } of batch) {
        losses.add(record)
        reject(failure.reason)
      }
      if (batch.length > 0) report(failure.reason, batch.length)
      return
    }
    for (const { record, resolve } of batch) resolve(mintWritten({ record: record.id, seq: next++ }))
    if (lost) next++
  }

  /** Counts a record that is not taken, so that the next batch tells of it. */
  function refuse(record: AuditRecord, reason: unknown): never {
    losses.add(record)
    report(reason, 1)
    throw reason
  }

  return {
    append(record: AuditRecord): Promise<Written> {
      return new Promise((resolve, reject) => {
        if (ended) throw new Error('the audit log is closed')
        if (refuses(record)) refuse(record, new Error('the audit log takes no such record: its disk is almost full'))
        const made = bodyOf(record)
        if (heldRecords + 1 > maximumRecords || heldText + made.length > maximumText)
          refuse(record, new Error('the audit log is full: more records wait than it may hold'))
        heldRecords++
        heldText += made.length
        waiting.push({ kind: record.kind, body: made, record, resolve, reject })
        running ??= run()
        if (waiting.length === enough) begin()
      })
    },
    extent: () => ({ records: next }),
    async end() {
      ended = true
      await running
      await writeBatch([]) // what could not be told until now
    },
  }

  function bodyOf(record: AuditRecord): string {
    try {
      return body(record)
    } catch (error) {
      return refuse(record, error)
    }
  }
}
