/**
 * What of a JSON document is read: everything, or some of it.
 *
 * - `value`: the value itself if it is a scalar, or only if it is a boolean.
 * - `members`: the members of these names, of an object; the items at these indices, of a list.
 * - `each`: every member or item that `members` does not name, so also which there are.
 *
 * Whether the value exists, and whether it is an object, a list or a scalar, is always read; `{}` reads that alone.
 */
export type ReadTree = 'whole' | ReadParts

export interface ReadParts {
  readonly value?: true | 'boolean'
  readonly members?: Readonly<Record<string, ReadTree>>
  readonly each?: ReadTree
}

/** What one entrypoint reads: of its input, of the base documents, and the builtins it may call, sorted. */
export interface ReadSet {
  readonly input: ReadTree
  readonly data: ReadTree
  readonly builtins: readonly string[]
}
