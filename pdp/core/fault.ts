import { decisionClauses } from './draft.ts'
import { type Refusal, refuse } from './result.ts'

/** Thrown in place of a part that did not answer in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
}

/** The refusal that an exception becomes. Its message may hold anything, so only the name of its kind is told. */
export function faultOf(error: unknown): Refusal {
  if (error instanceof DeadlineError)
    return refuse('DEADLINE', decisionClauses.deadline, 'no result within the deadline')
  const kind = error instanceof Error && /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : 'an unknown fault'
  return refuse('INTERNAL', decisionClauses.fault, `a part failed: ${kind}`)
}
