import { basename } from 'node:path'
import { sha256 } from '../core/digest.ts'
import type { DecisionId } from '../core/frame.ts'
import type { AuditRecord } from '../core/record.ts'
import type { Instant } from '../core/time.ts'
import { mintWritten, type Written } from '../core/written.ts'
import type { AuditLog } from '../seams.ts'
import { createAppender, type Durability } from './append-bytes.ts'
import type { LogFile, LogFiles } from './log-file.ts'
import { nodeLogFiles } from './node-log-files.ts'
import { lineOf, recordBody } from './record-line.ts'
import { type LogTail, recoverTail } from './recover-tail.ts'
import type { Extent } from './tree/tree-builder.ts'

/**
 * - `path`: the file; beside it stand `<path>.lock` and, after a crash, `<path>.torn-<seq>`.
 * - `durability`: what a receipt promises.
 * - `opening`: id and time of the `gap` record that is written where a torn line is found.
 * - `maximumRecords`, `maximumBytes`: how much may wait, the batch being written included; 4096 and 16 MiB if absent.
 * - `report`: told of each batch that could not be written, with the reason. Must not throw.
 */
export interface FileLogOptions {
  readonly path: string
  readonly durability: Durability
  readonly opening: { readonly id: DecisionId; readonly at: Instant }
  readonly maximumRecords?: number
  readonly maximumBytes?: number
  readonly report?: (reason: unknown, records: number) => void
  readonly files?: LogFiles
}

/** A log in a file. After `close`, which waits for what was appended before, every `append` rejects. */
export interface FileLog extends AuditLog {
  /** How far the file is acknowledged: it never becomes shorter than this, and its lines up to here never change. */
  extent(): Extent
  close(): Promise<void>
}

interface Waiting {
  readonly id: DecisionId
  readonly kind: AuditRecord['kind']
  readonly body: string
  readonly bytes: number
  readonly resolve: (written: Written) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Opens the log as its only writer, and goes on after its last whole line. A torn last line is kept beside the log, cut,
 * and told by a `gap` record. Rejects where another process writes to it or where anything else of its end is damaged.
 *
 * Records are written in batches, one write at a time: what is appended meanwhile is the next batch. A batch that cannot
 * be written is rejected whole and leaves no trace; the next one tries again, so the log recovers with its disk. An
 * `append` beyond the bounds rejects at once.
 */
export async function openFileLog(options: FileLogOptions): Promise<FileLog> {
  const { path, durability, opening, files = nodeLogFiles } = options
  const unlock = files.lock(`${path}.lock`)
  let file: LogFile | undefined
  try {
    file = await files.open(path)
    const tail = await recoverTail(file)
    if (tail.torn.length > 0) {
      await files.keep(tornPath(path, tail), tail.torn)
      await file.truncate(tail.size)
    }
    const appender = createAppender({ open: () => files.open(path), file, size: tail.size, durability })
    const queue = createQueue(options, { bytes: tail.size, records: tail.seq }, appender.append)
    let closed: Promise<void> | undefined
    const close = async () => {
      await queue.end()
      await appender.close().finally(unlock)
    }
    if (tail.torn.length > 0) await queue.append(gapOf(path, tail, opening))
    return { append: queue.append, extent: queue.extent, close: () => (closed ??= close()) }
  } catch (error) {
    await file?.close().catch(() => undefined)
    unlock()
    throw error
  }
}

const tornPath = (path: string, { seq }: LogTail): string => `${path}.torn-${seq}`

const gapOf = (path: string, tail: LogTail, { id, at }: FileLogOptions['opening']): AuditRecord => ({
  kind: 'gap',
  id,
  at,
  facts: {
    reason: 'torn-line',
    bytes: tail.torn.length,
    kept: basename(tornPath(path, tail)),
    sha256: sha256(tail.torn),
  },
})

/** Collects records into batches and numbers them. The number after the last written one is the next, whatever failed. */
function createQueue(options: FileLogOptions, found: Extent, write: (bytes: Uint8Array) => Promise<void>) {
  const { maximumRecords = 4096, maximumBytes = 16 * 1024 * 1024, report = () => undefined } = options
  let waiting: Waiting[] = []
  let heldRecords = 0
  let heldBytes = 0
  let next = found.records
  let written = found
  let running: Promise<void> | undefined
  let ended = false

  async function run() {
    await new Promise(setImmediate) // one write for all that this turn of the event loop brings
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await writeBatch(batch)
    }
    running = undefined
  }

  async function writeBatch(batch: readonly Waiting[]) {
    let text = ''
    let seq = next
    for (const { kind, body } of batch) text += `${lineOf(kind, seq++, body)}\n`
    const lines = Buffer.from(text)
    const failure = await write(lines).then(
      () => undefined,
      (reason: unknown) => ({ reason }),
    )
    heldRecords -= batch.length // before anyone is told, who may append again at once
    for (const { bytes } of batch) heldBytes -= bytes
    if (failure) {
      for (const { reject } of batch) reject(failure.reason)
      report(failure.reason, batch.length)
      return
    }
    for (const { id, resolve } of batch) resolve(mintWritten({ record: id, seq: next++ }))
    written = { bytes: written.bytes + lines.length, records: next }
  }

  return {
    append(record: AuditRecord): Promise<Written> {
      return new Promise((resolve, reject) => {
        if (ended) throw new Error('the audit log is closed')
        const { id, kind } = record
        const body = recordBody(record)
        const bytes = Buffer.byteLength(body)
        if (heldRecords + 1 > maximumRecords || heldBytes + bytes > maximumBytes) {
          throw new Error('the audit log is full: more records wait than it may hold')
        }
        heldRecords++
        heldBytes += bytes
        waiting.push({ id, kind, body, bytes, resolve, reject })
        running ??= run()
      })
    },
    extent: () => written,
    async end() {
      ended = true
      await running
    },
  }
}
