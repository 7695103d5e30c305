import { clauses } from '../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type { EvaluationContext } from './evaluation-context.ts'
import type { Instance } from './instance.ts'

export const evaluatorClauses = clauses({
  abort: 'policy-evaluation-abort',
  conflict: 'policy-evaluation-conflict',
  trap: 'policy-evaluation-trap',
  replaced: 'policy-instance-replaced',
})

/** Why an instance was replaced. */
export type ReplacedReason = 'abort' | 'trap'

/** Evaluates input texts on an instance that is always fit for it. */
export interface Evaluator {
  readonly entrypoints: ReadonlyMap<string, number>
  /** Whether the policy calls builtins that depend on the decision. */
  readonly needsContext: boolean
  /** The dumped result, or POLICY_ERROR. Without a context, builtins that depend on the decision are undefined. Never throws. */
  evaluate(entrypoint: number, input: string, context?: EvaluationContext): Result<string>
  /** Bytes of the instance's memory. */
  size(): number
}

/** Keeps one instance; after anything but a result it is replaced before the next evaluation, and `onReplaced` told. */
export function createEvaluator(instance: Instance, onReplaced: (reason: ReplacedReason) => void): Evaluator {
  let fit = true
  function replace(reason: ReplacedReason): void {
    fit = instance.restart()
    onReplaced(reason)
  }
  return {
    entrypoints: instance.entrypoints,
    needsContext: instance.needsContext,
    size: () => instance.size(),
    evaluate(entrypoint, input, context) {
      fit ||= instance.restart()
      if (!fit) return refuse('POLICY_ERROR', evaluatorClauses.replaced, 'the policy instance could not be replaced')
      const outcome = instance.evaluate(entrypoint, input, context)
      if (outcome.kind === 'result') return ok(outcome.text)
      replace(outcome.kind)
      return refusalOf(outcome.kind, outcome.message)
    },
  }
}

// file:row:col of the sources; the file name is the author's, and no part of it comes from an input
const conflictPattern = /^([\w./-]{1,80}:\d{1,7}:\d{1,7}): (?:var assignment|object insert) conflict$/

function refusalOf(kind: 'abort' | 'trap', message: string): Refusal {
  if (kind === 'trap')
    return refuse(
      'POLICY_ERROR',
      evaluatorClauses.trap,
      'evaluation trapped; it needs more stack or memory than it has',
    )
  const place = conflictPattern.exec(message)?.[1]
  return place === undefined
    ? refuse('POLICY_ERROR', evaluatorClauses.abort, 'evaluation was aborted by the policy module')
    : refuse('POLICY_ERROR', evaluatorClauses.conflict, `two values for one rule or key at ${place}`)
}
