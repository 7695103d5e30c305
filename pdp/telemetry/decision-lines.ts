import type { Ask } from '../core/ask.ts'
import type { Decision } from '../core/decision.ts'
import type { Log } from './log.ts'
import type { SpanIds } from './traces.ts'

/** Which decisions have a line, and whether it says who the caller is. The audit log has all of them. */
export interface DecisionLines {
  readonly decisions: 'none' | 'denies' | 'all'
  readonly subjects: boolean
}

/** Tells of decisions as they are made; undefined where none is to be told. */
export function tellDecisions(
  log: Log,
  { decisions, subjects }: DecisionLines,
): ((decision: Decision, ask: Ask, seconds: number, span: SpanIds | undefined) => void) | undefined {
  if (decisions === 'none') return undefined
  return (decision, { door, service, pep }, seconds, span) => {
    const { effect, code, clause, id, policy, caller } = decision
    if (decisions === 'denies' && effect === 'allow') return
    log.tell('decision', `${effect} ${code} by ${clause} at ${door} for ${service.name}: ${id}`, {
      decision_id: id,
      effect,
      code,
      clause,
      door,
      service: service.name,
      pep: pep.name,
      policy_revision: policy?.revision,
      subject: subjects ? caller?.subject?.id : undefined,
      duration_ms: Math.round(seconds * 1e6) / 1e3,
      trace_id: span?.trace,
      span_id: span?.span,
    })
  }
}
