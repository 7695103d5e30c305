import { between, type Instant } from '../core/time.ts'
import type { AuditLog } from '../seams.ts'
import type { OpenTree } from './log.ts'

/** A log of which is known how it is. */
export interface ObservedLog extends AuditLog {
  writable(): boolean
}

/** The log, and whether its newest record could be written. */
export function observed(log: AuditLog, recordWritten: () => void = () => undefined): ObservedLog {
  let writable = true
  return {
    append(record) {
      const written = log.append(record)
      written.then(
        () => {
          writable = true
          recordWritten()
        },
        () => {
          writable = false
        },
      )
      return written
    },
    writable: () => writable,
  }
}

/** What the status says of a log in files, as of now. */
export function treeStatusOf(tree: OpenTree, now: Instant) {
  const status = tree.status()
  const age = status.at !== undefined && { checkpointAgeSeconds: Math.max(0, between(status.at, now)) }
  return { disk: tree.disk(), records: tree.records(), ...age, tree: { log: tree.vkey, ...status } }
}
