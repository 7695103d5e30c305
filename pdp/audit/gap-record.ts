import type { DecisionId } from '../core/frame.ts'
import type { JsonObject } from '../core/json.ts'
import type { AuditRecord } from '../core/record.ts'
import type { Instant } from '../core/time.ts'

/** A loss, told by the log itself: what is missing, and where what is left of it was put. */
export interface GapRecord {
  readonly kind: 'gap'
  readonly id: DecisionId
  readonly at: Instant
  readonly facts: JsonObject
  readonly demo?: true
}

/** Whatever becomes a line of the log. */
export type LoggedRecord = AuditRecord | GapRecord
