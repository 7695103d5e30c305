import { isString, listOf, shapeOf } from './guards.ts'
import type { RegoSources, Verb } from './verb.ts'

export interface CheckRequest extends RegoSources {
  /**
   * JSON Schemas by name. `input` types the input of every rule; any other, such as `a/b`, is what annotations call
   * `schema.a.b`. References to other documents are never fetched.
   */
  readonly schemas?: Readonly<Record<string, unknown>>
}

export interface Checked {
  /** The paths that were checked, sorted. */
  readonly files: readonly string[]
}

const isChecked = shapeOf<Checked>({ files: listOf(isString) })

/** Strict compilation with types: unused names, deprecated functions and fields that no schema has are errors. */
export const check: Verb<CheckRequest, Checked> = {
  name: 'check',
  write: (request) => request,
  read(value) {
    return isChecked(value) ? value : undefined
  },
}
