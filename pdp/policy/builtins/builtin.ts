import type { EvaluationContext } from '../evaluation-context.ts'
import type { Value } from '../value.ts'

/**
 * A function that a policy calls and the host answers, with the meaning of OPA's own of that name. Undefined, or a
 * throw, is undefined for the policy; it never ends an evaluation.
 */
export interface Builtin {
  readonly name: string
  readonly call: (...operands: readonly Value[]) => Value | undefined
  /**
   * In place of `call` where the answer depends on more than the operands. Asked once per decision for the same
   * operands; what it answered is kept for the record. Make such a builtin with `perDecision`.
   */
  readonly callIn?: (context: EvaluationContext, ...operands: readonly Value[]) => Value | undefined
  /**
   * Not kept for the record: operands or answer hold tokens or keys, or the answer follows from the operands and the time
   * of the decision, which the record has.
   */
  readonly unrecorded?: true
}

/** A builtin whose answer depends on the decision; without one it is undefined. */
export const perDecision = (
  name: string,
  callIn: NonNullable<Builtin['callIn']>,
  kept: Pick<Builtin, 'unrecorded'> = {},
): Builtin => ({ name, call: () => undefined, callIn, ...kept })
