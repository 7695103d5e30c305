import { isNumber, isString, shapeOf } from './guards.ts'

/**
 * One error of the toolchain. `row` and `col` count from 1, in characters, and are 0 where there is no place. `file` is
 * empty there, and for a place in a query.
 * OPA's codes (`rego_parse_error`, `rego_type_error`, …) pass through; ours are `bad_request`,
 * `rego_entrypoint_error`, `rego_roots_error`, `rego_error`, `deadline`, `closed` and those that start with `toolchain_`.
 */
export interface RegoError {
  readonly code: string
  readonly message: string
  readonly file: string
  readonly row: number
  readonly col: number
}

export const isRegoError = shapeOf<RegoError>({
  code: isString,
  message: isString,
  file: isString,
  row: isNumber,
  col: isNumber,
})

/** The answer of every verb. Bad Rego is an expected failure and never thrown. */
export type RegoAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly RegoError[] }

/** A refusal of the client itself, which has no place in a source file. */
export function refused(code: string, message: string): { readonly ok: false; readonly errors: readonly RegoError[] } {
  return { ok: false, errors: [{ code, message, file: '', row: 0, col: 0 }] }
}
