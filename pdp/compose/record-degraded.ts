import type { Degraded } from '../core/record.ts'
import type { AuditLog } from '../seams.ts'

/** What may be wrong, and whether it is. */
export type DegradedChecks = Readonly<Partial<Record<Degraded, () => boolean>>>

const askEveryMs = 50

/** A log whose decisions say what was not as it should be when they were made, a few milliseconds before at most. */
export function recordDegraded(log: AuditLog, checks: DegradedChecks): AuditLog {
  const names = Object.keys(checks) as Degraded[] // the keys of its type
  let askedAt: number = Number.NEGATIVE_INFINITY
  let found: readonly Degraded[] = []
  return {
    append(record) {
      if (record.kind !== 'decision') return log.append(record)
      if (Math.abs(record.at - askedAt) >= askEveryMs) {
        askedAt = record.at
        found = names.filter((name) => checks[name]?.() === true)
      }
      return log.append(found.length > 0 ? { ...record, degraded: found } : record)
    },
  }
}
