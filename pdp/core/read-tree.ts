/**
 * What of a JSON document is read: everything, or some of it.
 *
 * - `value`: the value itself if it is a scalar, else only whether it is a list or an object.
 * - `members`: the members of these names, of an object; the items at these indices, of a list.
 * - `each`: every member or item that `members` does not name, so also which there are.
 *
 * Whether the value exists, and what `members` of it exist, is always read. `{}` reads existence alone.
 */
export type ReadTree = 'whole' | ReadParts

export interface ReadParts {
  readonly value?: true
  readonly members?: Readonly<Record<string, ReadTree>>
  readonly each?: ReadTree
}

/** What one entrypoint reads: of its input, of the base documents, and the builtins it may call, sorted. */
export interface ReadSet {
  readonly input: ReadTree
  readonly data: ReadTree
  readonly builtins: readonly string[]
}
