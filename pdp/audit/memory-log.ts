import type { AuditRecord } from '../core/record.ts'
import { mintWritten } from '../core/written.ts'
import type { AuditLog } from '../seams.ts'
import { lineOf, recordBody } from './record-line.ts'

/** A log that ends with its process. `lines` are the latest, oldest first, each as a file would hold it. */
export interface MemoryLog extends AuditLog {
  lines(): readonly string[]
}

/**
 * Keeps the latest `maximum` lines in memory and forgets older ones, which no other log does: for demonstrations and
 * tests alone. A record is written when its line is kept; `tell` is given each, and must return at once.
 */
export function createMemoryLog(
  maximum = 10_000,
  tell: (line: string) => void = () => undefined,
  body: (record: AuditRecord) => string = recordBody,
): MemoryLog {
  const kept: string[] = []
  let seq = 0
  return {
    async append(record) {
      const line = lineOf(record.kind, seq, body(record))
      kept.push(line)
      tell(line)
      if (kept.length > maximum * 2) kept.splice(0, kept.length - maximum) // seldom, since it moves all
      return mintWritten({ record: record.id, seq: seq++ })
    },
    lines: () => kept.slice(-maximum),
  }
}
