import type { Clause } from '../../core/clause.ts'
import { type Seen } from './seen.ts'

/**
 * One step of the first gate: the clauses that it refuses with, in the order in which the gate goes through the steps. A
 * test holds the order to the gate's own, by tokens with every later defect at once.
 */
export interface Check {
  readonly name: string
  readonly clauses: readonly Clause[]
  readonly expected?: (seen: Seen) => string
  readonly got?: (seen: Seen) => string
}

/** The clauses of several files. */
export const all = (...lists: readonly Readonly<Record<string, Clause>>[]): readonly Clause[] =>
  lists.flatMap((list) => Object.values<Clause>(list))
