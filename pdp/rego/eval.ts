import { type Explanation, isExplanation } from './explanation.ts'
import { isAnything, isObject, isString, listOf, maybe, shapeOf } from './guards.ts'
import type { RegoSources, Verb } from './verb.ts'

export interface EvalRequest extends RegoSources {
  readonly data?: Readonly<Record<string, unknown>>
  /** Rego, such as `data.orders.decision`. */
  readonly query: string
  /** Absent: `input` is undefined. */
  readonly input?: unknown
  /** Freezes the clock, in nanoseconds since 1970. */
  readonly nowNs?: bigint
  /** What builtins that vary answered in a decision, as Rego texts; what is not here is made anew. */
  readonly answers?: readonly BuiltinAnswerText[]
  /** Also answer what failed and what held. */
  readonly explain?: boolean
}

export interface BuiltinAnswerText {
  readonly name: string
  readonly operands: readonly string[]
  readonly answer: string
}

export interface EvalResult {
  /** The values of the query's expressions, in their order; sets are sorted arrays. */
  readonly values: readonly unknown[]
  readonly bindings: Readonly<Record<string, unknown>>
}

export interface Evaluated {
  /** One entry per way in which the query holds; empty: undefined. */
  readonly results: readonly EvalResult[]
  /** What the policy printed. */
  readonly output: string
  /** Present if asked for. */
  readonly explanation?: Explanation
}

const isEvaluated = shapeOf<Evaluated>({
  results: listOf(shapeOf<EvalResult>({ values: listOf(isAnything), bindings: isObject })),
  output: isString,
  explanation: maybe(isExplanation),
})

/** Evaluates a query on source, in OPA's interpreter. Errors inside builtins are undefined, as in compiled policies. */
export const evaluate: Verb<EvalRequest, Evaluated> = {
  name: 'eval',
  write: ({ nowNs, ...request }) => (nowNs === undefined ? request : { ...request, nowNs: nowNs.toString() }),
  read(value) {
    return isEvaluated(value) ? value : undefined
  },
}
