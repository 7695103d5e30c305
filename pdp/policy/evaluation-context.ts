import { createHash } from 'node:crypto'
import type { Frame } from '../core/frame.ts'
import type { Instant } from '../core/time.ts'
import type { Builtin } from './builtins/builtin.ts'

/** What one builtin answered in a decision: operands and answer as Rego texts, `answer` absent for undefined. */
export interface BuiltinAnswer {
  readonly name: string
  readonly operands: readonly string[]
  readonly answer?: string
}

/** What is the same for all evaluations of one decision, for builtins whose answer depends on more than their operands. */
export interface EvaluationContext {
  /** The time of the decision. */
  readonly now: Instant
  /**
   * At most 32 bytes that look random and are the same in every evaluation of this decision for the same label. Who
   * knows the decision's id can compute them: never for keys, nonces of signatures or anything that must stay secret.
   */
  readonly bytes: (label: string, length: number) => Uint8Array
  /** The answer's text for these operands: of the first call if there was one, else of `ask`. */
  readonly frozen: (
    builtin: Pick<Builtin, 'name' | 'unrecorded'>,
    operands: readonly string[],
    ask: () => string | undefined,
  ) => string | undefined
  /** Every answer that was frozen and may be kept for the record, in the order of the first calls. */
  readonly answers: () => readonly BuiltinAnswer[]
}

/** The context of one decision. Evaluations that belong to it share the one object. */
export function createEvaluationContext({ id, now }: Pick<Frame, 'id' | 'now'>): EvaluationContext {
  const answers = new Map<string, BuiltinAnswer & { readonly unrecorded: boolean }>()
  return {
    now,
    bytes: (label, length) =>
      createHash('sha256').update(`builtin\0${id}\0${now}\0${label}`).digest().subarray(0, length),
    frozen({ name, unrecorded = false }, operands, ask) {
      const key = `${name}\0${operands.join('\0')}` // no dumped text holds a NUL
      const before = answers.get(key)
      if (before) return before.answer
      const answer = ask()
      answers.set(key, { name, operands, unrecorded, ...(answer !== undefined && { answer }) })
      return answer
    },
    answers: () =>
      [...answers.values()].flatMap(({ unrecorded, ...answer }): readonly BuiltinAnswer[] =>
        unrecorded ? [] : [answer],
      ),
  }
}
