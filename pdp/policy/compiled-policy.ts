import type { PolicyIdentity } from '../core/draft.ts'
import type { JsonObject } from '../core/json.ts'
import { ok } from '../core/result.ts'
import type { Policy } from '../seams.ts'
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
}

/** One entrypoint of a bundle, evaluated inline: on this thread, and not to be interrupted. */
export function compiledPolicy(parts: CompiledPolicyParts): CompiledPolicy {
  const { identity, scope, evaluator, entrypoint, rules, maximumInput } = parts
  // Policies say few different things.
  const read = remember((dumped: string) => readOutcome(dumped, rules))
  return {
    identity,
    scope,
    async evaluate(input, frame) {
      const text = writeInput(input, maximumInput)
      if (!text.ok) return text
      const dumped = evaluator.evaluate(entrypoint, text.value)
      if (!dumped.ok) return dumped
      const answer = read(dumped.value)
      return answer.ok ? ok(mintAnswer(answer.value, frame, { cache: 'miss' })) : answer
    },
  }
}
