import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type FileLog, openFileLog } from '../audit/file-log.ts'
import { createDiskGuard, type DiskStatus } from '../audit/guard-disk.ts'
import { createMemoryLog } from '../audit/memory-log.ts'
import { nodeLogFiles } from '../audit/node-log-files.ts'
import { pruneBefore, removeSegments, sealedSegments } from '../audit/prune-log.ts'
import { endorseKey } from '../audit/tree/endorse-key.ts'
import { adoptNextKey, type LogKeys, openLogKeys } from '../audit/tree/log-key.ts'
import { nodeTreeFiles } from '../audit/tree/node-tree-files.ts'
import { createServeThread } from '../audit/tree/serve-thread.ts'
import type { ServedFile } from '../audit/tree/serve-tree.ts'
import { lastSigned } from '../audit/tree/signed-checkpoint.ts'
import { startTreeThread, type TreeStatus } from '../audit/tree/tree-thread.ts'
import type { Config } from '../config/schema.ts'
import { pruneAct } from '../audit/verify/verify-lines.ts'
import type { DecisionId } from '../core/frame.ts'
import type { Instant } from '../core/time.ts'
import type { AuditRecord } from '../core/record.ts'
import type { AuditLog } from '../seams.ts'

const maximumKept = 10_000

const checkpointEveryMs = 750
const lastCheckpointMs = 10_000

/** A log that ends with its process. `tree` proves what a log in a file holds; a log in memory proves nothing. */
export interface OpenLog extends AuditLog {
  readonly tree?: OpenTree
  close(): Promise<void>
}

/** - `vkey`: what whoever verifies needs. `keyMade`: it is of a key that is new. */
export interface OpenTree {
  readonly vkey: string
  readonly keyMade: boolean
  status(): TreeStatus
  disk(): DiskStatus
  /** Records in the log. */
  records(): number
  /** What the log serves at a path (C2SP tlog-tiles). */
  read(path: string): Promise<ServedFile | undefined>
  /**
   * Removes what the configuration does not keep. The log tells of it first, and nothing goes before that is under a
   * checkpoint: so the next call removes what this one told of. `needed`: the oldest record that somebody still reads.
   */
  prune(now: Instant, needed: number): Promise<void>
}

/** Id and time of what the log says of its own accord. */
export type Stamp = () => { readonly id: DecisionId; readonly at: Instant }

/**
 * Who hears of what happens to records: `refused`, how many could not be written; `kept`, the line of one that memory
 * alone holds; `treeFailed`, why the tree over the log does not go on.
 */
export interface LogEvents {
  readonly refused: (records: number) => void
  readonly kept: (line: string) => void
  readonly treeFailed: (reason: string) => void
}

/**
 * Opens the log that a configuration asks for, with the tree over it. Rejects where another process writes to it, or
 * where it, its tree or its key is damaged.
 */
export async function openLog(
  config: Config,
  stamp: Stamp,
  events: LogEvents,
  body: (record: AuditRecord) => string,
): Promise<OpenLog> {
  const { audit, state } = config
  if (audit.mode === 'memory') {
    const { append } = createMemoryLog(maximumKept, events.kept, body)
    // nothing but a demonstration forgets its records, and each of them says so
    return {
      append: (record) => append(record.demo ? record : { ...record, demo: true }),
      close: async () => undefined,
    }
  }
  const directory = audit.directory ?? join(state, 'audit')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, 'records.ndjson')
  const key = join(state, 'keys', 'audit-log.key')
  const host = hostname()
  const places = { log: path, folder: join(directory, 'tree'), signed: join(state, 'keys', 'audit-log.signed') }
  const keys = openLogKeys(key, host)
  const { signer, made, previous } = keys
  const guard = await createDiskGuard(directory, audit.reserve_bytes)
  let log: FileLog | undefined
  try {
    log = await openFileLog({
      path,
      durability: audit.mode,
      stamp,
      signed: lastSigned(places, [signer, ...previous], nodeTreeFiles)?.size ?? 0,
      segmentBytes: audit.segment_bytes,
      refuses: guard.refuses,
      body,
      report: (_, records) => events.refused(records),
    })
    const vkey = await takeNextKey(key, keys, log, stamp)
    const { extent, append } = log
    const report = events.treeFailed
    const thread = await startTreeThread({
      places,
      key,
      host,
      extent,
      everyMs: checkpointEveryMs,
      report,
      now: () => stamp().at,
    })
    const { status } = thread
    const serve = createServeThread(places, () => status().size)
    const opened = log // the variable is for the way out
    return {
      append,
      tree: {
        vkey,
        keyMade: made,
        status,
        disk: guard.status,
        records: () => extent().records,
        read: serve.read,
        prune: createPrune({ path, keep: audit.keep, log: opened, stamp, covered: () => status().size }),
      },
      async close() {
        guard.close()
        await opened.close()
        await serve.close()
        await thread.close(lastCheckpointMs)
      },
    }
  } catch (error) {
    guard.close()
    await log?.close()
    throw error
  }
}

/** Lets the key that waits follow the one that signed until now: the log tells of it first. Answers the one that signs. */
async function takeNextKey(path: string, { signer, next }: LogKeys, log: AuditLog, stamp: Stamp): Promise<string> {
  if (!next) return signer.vkey
  await log.append({
    kind: 'key',
    ...stamp(),
    facts: { act: 'replaced', purpose: 'audit-log', ...endorseKey(signer, next) },
  })
  adoptNextKey(path, next)
  return next.vkey
}

interface PruneParts {
  readonly path: string
  readonly keep: Config['audit']['keep']
  readonly log: AuditLog
  readonly stamp: Stamp
  readonly covered: () => number
}

function createPrune({ path, keep, log, stamp, covered }: PruneParts): OpenTree['prune'] {
  let told: { readonly before: number; readonly by: number } | undefined
  return async (now, needed) => {
    if (keep.days === undefined && keep.bytes === undefined) return
    if (told && told.by < covered()) {
      await removeSegments(path, told.before, nodeLogFiles)
      told = undefined
    }
    const sealed = await sealedSegments(path, nodeLogFiles)
    const before = pruneBefore(sealed, keep, { nowMs: now, covered: covered(), needed })
    if (before === undefined || told) return
    const facts = { act: pruneAct, outcome: 'done', target: String(before) } as const
    const { seq } = await log.append({ kind: 'admin', ...stamp(), facts })
    told = { before, by: seq }
  }
}
