import type { Outcome, Path } from './outcome.ts'
import type { Schema } from './schema.ts'
import type { Tree } from './tree.ts'

/** What validates the schemas within a schema. */
export interface Validator {
  readonly validate: (schema: Schema, node: Tree, outcome: Outcome, path: Path) => void
  /** The same on its own, as one alternative among others. */
  readonly validated: (schema: Schema, node: Tree, path: Path) => Outcome
}
