import { clauses } from '../../core/clause.ts'
import { sha256 } from '../../core/digest.ts'
import type { Frame } from '../../core/frame.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { createCacheKeys } from '../cache-key.ts'
import type { CompiledPolicy, CompiledPolicyParts } from '../compiled-policy.ts'
import { type BuiltinAnswer, createEvaluationContext, type EvaluationContext } from '../evaluation-context.ts'
import { readOutcome } from '../read-outcome.ts'
import { mintAnswer } from '../read-result.ts'
import { allReads } from '../read-set/input-reads.ts'
import { remember } from '../remember.ts'
import { writeInput } from '../write-input.ts'
import type { IsolatePool, PoolEnd } from './isolate-pool.ts'

export const isolatedClauses = clauses({
  deadline: 'policy-evaluation-deadline',
  stopped: 'policy-evaluation-stopped-before',
  lost: 'policy-evaluation-lost',
  waited: 'policy-evaluation-waited',
  overloaded: 'policy-evaluation-queue',
  unavailable: 'policy-evaluation-threads',
})

export interface IsolatedPolicyParts extends Omit<CompiledPolicyParts, 'evaluator'> {
  readonly pool: IsolatePool
}

/**
 * One entrypoint of a bundle, evaluated on a thread of a pool: an evaluation that takes too long is stopped, and what
 * it would hold up goes on. Answers are those of the same policy inline.
 */
export function isolatedPolicy(parts: IsolatedPolicyParts): CompiledPolicy {
  const { identity, scope, pool, entrypoint, rules, reads = allReads, maximumInput, onBuiltinAnswers } = parts
  const read = remember((dumped: string) => readOutcome(dumped, rules))
  const keyOf = createCacheKeys(scope, reads.pure)
  const contexts = new WeakMap<Frame, EvaluationContext>()

  /** Tells what builtins answered so far in the decision, whichever threads its questions were evaluated on. */
  function tell(answers: readonly BuiltinAnswer[], frame: Frame): void {
    const context = contexts.get(frame) ?? createEvaluationContext(frame)
    contexts.set(frame, context)
    for (const { name, operands, answer } of answers) context.frozen({ name }, operands, () => answer)
    onBuiltinAnswers?.(context.answers(), frame)
  }

  const evaluateWritten: CompiledPolicy['evaluateWritten'] = async ({ text, key }, frame, cache = 'bypass') => {
    const end = await pool.evaluate({ key: keyOf(key), entrypoint, text, frame })
    if (end.kind !== 'answer') return refusals[end.kind]
    if (end.answers.length > 0) tell(end.answers, frame)
    if (!end.dumped.ok) return end.dumped
    const answer = read(end.dumped.value)
    return answer.ok ? ok(mintAnswer(answer.value, frame, { cache, inputSha256: sha256(text) })) : answer
  }
  const write: CompiledPolicy['write'] = (input) => writeInput(input, maximumInput, reads, rules.dialect)
  return {
    identity,
    scope,
    pure: reads.pure,
    write,
    evaluateWritten,
    async evaluate(input, frame) {
      const written = write(input)
      return written.ok ? evaluateWritten(written.value, frame) : written
    },
  }
}

const refusals = {
  deadline: refuse('DEADLINE', isolatedClauses.deadline, 'the evaluation took too long and was stopped'),
  'stopped-before': refuse(
    'DEADLINE',
    isolatedClauses.stopped,
    'this very ask stopped an evaluation within the last minute',
  ),
  lost: refuse('POLICY_ERROR', isolatedClauses.lost, 'the evaluation ended its thread; it may need too much memory'),
  waited: refuse('DEADLINE', isolatedClauses.waited, 'no evaluation could begin within the deadline'),
  overloaded: refuse('OVERLOADED', isolatedClauses.overloaded, 'too many asks wait for an evaluation'),
  unavailable: refuse('POLICY_UNAVAILABLE', isolatedClauses.unavailable, 'no thread can evaluate this policy'),
} as const satisfies Record<Exclude<PoolEnd['kind'], 'answer'>, Result<never>>
