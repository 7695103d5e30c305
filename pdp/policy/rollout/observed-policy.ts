import type { Policy } from '../../seams.ts'
import type { Trial } from './trial.ts'

/** A policy whose answers are compared with those of another, which decides nothing. */
export const observedPolicy = (policy: Policy, other: Policy, trial: Trial, performed: readonly string[]): Policy => ({
  identity: policy.identity,
  async evaluate(input, frame, reuse) {
    const answer = await policy.evaluate(input, frame, reuse)
    trial.saw({ id: frame.id, answer, other: async () => other.evaluate(input, frame), performed })
    return answer
  },
})
