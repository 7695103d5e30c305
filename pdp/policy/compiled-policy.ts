import { sha256 } from '../core/digest.ts'
import type { PolicyIdentity } from '../core/draft.ts'
import type { Frame } from '../core/frame.ts'
import type { JsonObject } from '../core/json.ts'
import type { Evaluated } from '../core/evaluated.ts'
import type { EvaluationInput } from '../core/policy-input.ts'
import { ok, type Result } from '../core/result.ts'
import type { Policy } from '../seams.ts'
import { type BuiltinAnswer, createEvaluationContext, type EvaluationContext } from './evaluation-context.ts'
import type { Evaluator } from './evaluator.ts'
import { readOutcome } from './read-outcome.ts'
import { mintAnswer, type ResultRules } from './read-result.ts'
import { remember } from './remember.ts'
import { allReads, type InputReads } from './read-set/input-reads.ts'
import { writeInput, type WrittenInput } from './write-input.ts'

/**
 * A policy in two steps, so that an answer can be looked for in between: `evaluate` writes what is read of the input,
 * then evaluates that text.
 */
export interface CompiledPolicy extends Policy {
  /** What else its answers depend on: its code, its data and the entrypoint. Part of every cache key. */
  readonly scope: JsonObject
  /** Equal texts have equal answers, whenever they are evaluated. */
  readonly pure: boolean
  write(input: EvaluationInput): Result<WrittenInput>
  /** `cache`: why it is evaluated; absent: no answer was looked for. */
  evaluateWritten(input: WrittenInput, frame: Frame, cache?: 'miss' | 'bypass'): Promise<Result<Evaluated>>
}

export interface CompiledPolicyParts {
  readonly identity: PolicyIdentity
  readonly scope: JsonObject
  readonly evaluator: Evaluator
  readonly entrypoint: number
  readonly rules: ResultRules
  /** What is read of the input; absent: all of it. */
  readonly reads?: InputReads
  /** Bytes of one input. */
  readonly maximumInput: number
  /**
   * Told after an evaluation what builtins answered so far that depend on the decision, if any did: with these answers
   * the decision can be repeated bit for bit.
   */
  readonly onBuiltinAnswers?: (answers: readonly BuiltinAnswer[], frame: Frame) => void
  /** What builtins answered in a decision that is evaluated again; these answers stand, others are made anew. */
  readonly recordedAnswers?: (frame: Frame) => readonly BuiltinAnswer[]
}

/** One entrypoint of a bundle, evaluated inline: on this thread, and not to be interrupted. */
export function compiledPolicy(parts: CompiledPolicyParts): CompiledPolicy {
  const {
    identity,
    scope,
    evaluator,
    entrypoint,
    rules,
    reads = allReads,
    maximumInput,
    onBuiltinAnswers,
    recordedAnswers,
  } = parts
  // Policies say few different things.
  const read = remember((dumped: string) => readOutcome(dumped, rules))
  const contexts = new WeakMap<Frame, EvaluationContext>() // one per decision: its questions see the same answers
  function contextOf(frame: Frame): EvaluationContext {
    const before = contexts.get(frame)
    if (before) return before
    const context = createEvaluationContext(frame)
    for (const { name, operands, answer } of recordedAnswers?.(frame) ?? [])
      context.frozen({ name }, operands, () => answer)
    contexts.set(frame, context)
    return context
  }
  const write = (input: EvaluationInput) => writeInput(input, maximumInput, reads, rules.dialect)
  function evaluateText(text: string, frame: Frame, cache: 'miss' | 'bypass'): Result<Evaluated> {
    const context = evaluator.needsContext ? contextOf(frame) : undefined
    const dumped = evaluator.evaluate(entrypoint, text, context)
    const answers = context?.answers() ?? []
    if (answers.length > 0) onBuiltinAnswers?.(answers, frame)
    if (!dumped.ok) return dumped
    const answer = read(dumped.value)
    return answer.ok ? ok(mintAnswer(answer.value, frame, { cache, inputSha256: sha256(text) })) : answer
  }
  return {
    identity,
    scope,
    pure: reads.pure,
    write,
    evaluateWritten: async ({ text }, frame, cache = 'bypass') => evaluateText(text, frame, cache),
    async evaluate(input, frame) {
      const written = write(input)
      return written.ok ? evaluateText(written.value.text, frame, 'bypass') : written
    },
  }
}
