import type { Value } from '../value.ts'

/**
 * A function that a policy calls and the host answers, with the meaning of OPA's own of that name. Undefined, or a
 * throw, is undefined for the policy; it never ends an evaluation.
 */
export interface Builtin {
  readonly name: string
  readonly call: (...operands: readonly Value[]) => Value | undefined
}
