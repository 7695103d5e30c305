import type { PolicyIdentity } from '../core/draft.ts'
import type { JsonObject } from '../core/json.ts'
import { ok, type Result } from '../core/result.ts'
import type { Policy } from '../seams.ts'
import type { Answer } from './answer.ts'
import type { Evaluator } from './evaluator.ts'
import { readOutcome } from './read-outcome.ts'
import { mintAnswer, type ResultRules } from './read-result.ts'
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

const memoEntries = 256
const memoLength = 2048

/** One entrypoint of a bundle, evaluated inline: on this thread, and not to be interrupted. */
export function compiledPolicy(parts: CompiledPolicyParts): CompiledPolicy {
  const { identity, scope, evaluator, entrypoint, rules, maximumInput } = parts
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

/** Policies say few different things, and reading is a pure function of the text: the last short ones are kept. */
function remember(read: (dumped: string) => Result<Answer>): (dumped: string) => Result<Answer> {
  const known = new Map<string, Result<Answer>>()
  return (dumped) => {
    const before = known.get(dumped)
    if (before) return before
    const answer = frozen(read(dumped)) // shared by all who get this answer
    if (dumped.length > memoLength) return answer
    if (known.size >= memoEntries) known.clear()
    known.set(dumped, answer)
    return answer
  }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const item of Object.values(Object.freeze(value))) frozen(item)
  return value
}
