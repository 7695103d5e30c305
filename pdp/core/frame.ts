import type { Brand } from './brand.ts'
import type { Instant } from './time.ts'

/** A UUIDv7 (RFC 9562 §5.7), the id of one decision and of its record. */
export type DecisionId = Brand<string, 'DecisionId'>

/** What is frozen for one decision. Every step sees the same time; a result after `deadline` is dropped. */
export interface Frame {
  readonly id: DecisionId
  readonly now: Instant
  readonly deadline: Instant
}
