import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openFileLog } from '../audit/file-log.ts'
import { createMemoryLog } from '../audit/memory-log.ts'
import type { Config } from '../config/schema.ts'
import type { DecisionId } from '../core/frame.ts'
import type { Instant } from '../core/time.ts'
import type { AuditLog } from '../seams.ts'

/** A log that ends with its process. */
export interface OpenLog extends AuditLog {
  close(): Promise<void>
}

/** Opens the log that a configuration asks for. Rejects where another process writes to it, or it is damaged. */
export async function openLog(
  { audit, state }: Config,
  opening: { readonly id: DecisionId; readonly at: Instant },
  report: (records: number) => void,
): Promise<OpenLog> {
  if (audit.mode === 'memory') return { ...createMemoryLog(), close: async () => undefined }
  const directory = audit.directory ?? join(state, 'audit')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return openFileLog({
    path: join(directory, 'records.ndjson'),
    durability: audit.mode,
    opening,
    report: (_, records) => report(records),
  })
}
