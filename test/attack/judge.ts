import type { Instant } from '../../pdp/core/time.ts'
import type { Attack } from './attack.ts'
import type { Outcome, Target } from './target.ts'

/**
 * What became of an attack. `invalid`: its twin was not allowed, so that a refusal proves nothing. `other`: refused, and
 * not by the check that it is meant for.
 */
export interface Judgement {
  readonly verdict: 'refused' | 'allowed' | 'invalid' | 'other'
  readonly twin: Outcome
  readonly attack?: Outcome
}

/** Makes an attack on a target, the twin first. */
export async function judge({ make, code, clause }: Attack, target: Target, now: Instant): Promise<Judgement> {
  const { twin, attack } = make(now)
  const allowed = await target.present(twin)
  if (allowed.decision !== 'allow') return { verdict: 'invalid', twin: allowed }
  const outcome = await target.present(attack)
  return { verdict: verdictOf(outcome, code, clause), twin: allowed, attack: outcome }
}

function verdictOf(outcome: Outcome, code: string, clause: string): Judgement['verdict'] {
  if (outcome.decision === 'allow') return 'allowed'
  return outcome.code === code && outcome.clause === clause ? 'refused' : 'other'
}
