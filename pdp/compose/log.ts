import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { openFileLog } from '../audit/file-log.ts'
import { createMemoryLog } from '../audit/memory-log.ts'
import { readOrMakeLogKey } from '../audit/tree/log-key.ts'
import { nodeTreeFiles } from '../audit/tree/node-tree-files.ts'
import { createTreeReader, type ServedFile } from '../audit/tree/serve-tree.ts'
import { startTreeThread, type TreeStatus } from '../audit/tree/tree-thread.ts'
import type { Config } from '../config/schema.ts'
import type { DecisionId } from '../core/frame.ts'
import type { Instant } from '../core/time.ts'
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
  /** What the log serves at a path (C2SP tlog-tiles). */
  read(path: string): ServedFile | undefined
}

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
  { audit, state }: Config,
  opening: { readonly id: DecisionId; readonly at: Instant },
  { refused, kept, treeFailed }: LogEvents,
): Promise<OpenLog> {
  if (audit.mode === 'memory') {
    const { append } = createMemoryLog(maximumKept, kept)
    // nothing but a demonstration forgets its records, and each of them says so
    return { append: (record) => append({ ...record, demo: true }), close: async () => undefined }
  }
  const directory = audit.directory ?? join(state, 'audit')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, 'records.ndjson')
  const log = await openFileLog({ path, durability: audit.mode, opening, report: (_, records) => refused(records) })
  try {
    const key = join(state, 'keys', 'audit-log.key')
    const host = hostname()
    const { signer, made } = readOrMakeLogKey(key, host)
    const places = { log: path, folder: join(directory, 'tree'), signed: join(state, 'keys', 'audit-log.signed') }
    const { extent } = log
    const thread = await startTreeThread({ places, key, host, extent, everyMs: checkpointEveryMs, report: treeFailed })
    const { status } = thread
    const read = createTreeReader(places, () => status().size, nodeTreeFiles)
    return {
      append: log.append,
      tree: { vkey: signer.vkey, keyMade: made, status, read },
      async close() {
        await log.close()
        await thread.close(lastCheckpointMs)
      },
    }
  } catch (error) {
    await log.close()
    throw error
  }
}
