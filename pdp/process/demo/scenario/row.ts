import type { Instant } from '../../../core/time.ts'
import type { DemoService, DemoWorld } from '../world.ts'

/** What rows make their credentials of. */
export interface Stage {
  readonly world: DemoWorld
  readonly now: () => Instant
}

/** One request to the decision point. `pep`: which enforcement point asks; without it, one whose key nobody knows. */
export interface Call {
  readonly pep?: 'api' | 'gateway'
  readonly service: DemoService
  readonly body: object | string
}

/**
 * What came of a call. `decided`: allow or deny, or the status where the request itself was refused. `why`: the codes of
 * the reasons, or the one check that refused, and after a plus the obligations. `says`: the first reason for people.
 */
export interface Outcome {
  readonly decided: string
  readonly code: string
  readonly why: string
  readonly says: string
}

/** One row of the scenario: what is asked, and what must come of it. Of several calls the last counts; others must be allowed. */
export interface Row {
  readonly asked: string
  readonly calls: (stage: Stage) => readonly [...Call[], Call]
  readonly expected: Omit<Outcome, 'says'>
}

/** Rows about one thing. */
export interface Group {
  readonly title: string
  readonly rows: readonly Row[]
}
