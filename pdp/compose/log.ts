import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openFileLog } from '../audit/file-log.ts'
import { createMemoryLog } from '../audit/memory-log.ts'
import type { Config } from '../config/schema.ts'
import type { DecisionId } from '../core/frame.ts'
import type { Instant } from '../core/time.ts'
import type { AuditLog } from '../seams.ts'

const maximumKept = 10_000

/** A log that ends with its process. */
export interface OpenLog extends AuditLog {
  close(): Promise<void>
}

/**
 * Who hears of what happens to records: `refused`, how many could not be written; `kept`, the line of one that memory
 * alone holds.
 */
export interface LogEvents {
  readonly refused: (records: number) => void
  readonly kept: (line: string) => void
}

/** Opens the log that a configuration asks for. Rejects where another process writes to it, or it is damaged. */
export async function openLog(
  { audit, state }: Config,
  opening: { readonly id: DecisionId; readonly at: Instant },
  { refused, kept }: LogEvents,
): Promise<OpenLog> {
  if (audit.mode === 'memory') {
    const { append } = createMemoryLog(maximumKept, kept)
    // nothing but a demonstration forgets its records, and each of them says so
    return { append: (record) => append({ ...record, demo: true }), close: async () => undefined }
  }
  const directory = audit.directory ?? join(state, 'audit')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return openFileLog({
    path: join(directory, 'records.ndjson'),
    durability: audit.mode,
    opening,
    report: (_, records) => refused(records),
  })
}
