import type { PolicyIdentity } from '../core/draft.ts'
import type { Frame } from '../core/frame.ts'
import type { JsonObject } from '../core/json.ts'
import { ok } from '../core/result.ts'
import type { Policy } from '../seams.ts'
import { type BuiltinAnswer, createEvaluationContext, type EvaluationContext } from './evaluation-context.ts'
import type { Evaluator } from './evaluator.ts'
import { readOutcome } from './read-outcome.ts'
import { mintAnswer, type ResultRules } from './read-result.ts'
import { remember } from './remember.ts'
import { writeInput } from './write-input.ts'

/** A policy with what else its answers depend on: its code, its data and the entrypoint. Part of every cache key. */
export interface CompiledPolicy extends Policy {
  readonly scope: JsonObject
}

export interface CompiledPolicyParts {
  readonly identity: PolicyIdentity
  readonly scope: JsonObject
  readonly evaluator: Evaluator
  readonly entrypoint: number
  readonly rules: ResultRules
  /** Bytes of one input. */
  readonly maximumInput: number
  /**
   * Told after an evaluation what builtins answered so far that depend on the decision, if any did: with these answers
   * the decision can be repeated bit for bit.
   */
  readonly onBuiltinAnswers?: (answers: readonly BuiltinAnswer[], frame: Frame) => void
}

/** One entrypoint of a bundle, evaluated inline: on this thread, and not to be interrupted. */
export function compiledPolicy(parts: CompiledPolicyParts): CompiledPolicy {
  const { identity, scope, evaluator, entrypoint, rules, maximumInput, onBuiltinAnswers } = parts
  // Policies say few different things.
  const read = remember((dumped: string) => readOutcome(dumped, rules))
  const contexts = new WeakMap<Frame, EvaluationContext>() // one per decision: its questions see the same answers
  function contextOf(frame: Frame): EvaluationContext {
    const before = contexts.get(frame)
    if (before) return before
    const context = createEvaluationContext(frame)
    contexts.set(frame, context)
    return context
  }
  return {
    identity,
    scope,
    async evaluate(input, frame) {
      const text = writeInput(input, maximumInput)
      if (!text.ok) return text
      const context = contextOf(frame)
      const dumped = evaluator.evaluate(entrypoint, text.value, context)
      const answers = context.answers()
      if (answers.length > 0) onBuiltinAnswers?.(answers, frame)
      if (!dumped.ok) return dumped
      const answer = read(dumped.value)
      return answer.ok ? ok(mintAnswer(answer.value, frame, { cache: 'miss' })) : answer
    },
  }
}
