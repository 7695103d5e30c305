import type { ReadNode } from './read-node.ts'

/**
 * What a local may hold: values at these places of input or data, or one that the policy made, of which all that came
 * from a document was recorded when it was made. A local that surely is undefined has no abstract value.
 */
export interface AbstractValue {
  readonly nodes: ReadonlySet<ReadNode>
  readonly constant?: Constant
}

/** What is known of a value that the plan spells out. `scalar`: null, a boolean, a number or a text. */
export type Constant =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'scalar' }
  | ConstantList

/** A list of texts. It is shared by all that refer to the list, and grows as the list does. */
export interface ConstantList {
  readonly kind: 'list'
  readonly items: string[]
}

const nowhere: ReadonlySet<ReadNode> = new Set()

/** A value that the policy made. */
export const made = (constant?: Constant): AbstractValue => ({ nodes: nowhere, ...(constant && { constant }) })

export const placed = (nodes: Iterable<ReadNode>): AbstractValue => ({ nodes: new Set(nodes) })

/** Both may be; answers `a` itself if `b` adds nothing. */
export function join(a: AbstractValue | undefined, b: AbstractValue): AbstractValue {
  if (a === undefined || a === b) return b
  const constant = joinConstants(a.constant, b.constant)
  if (constant === a.constant && b.nodes.isSubsetOf(a.nodes)) return a
  return { nodes: a.nodes.union(b.nodes), ...(constant && { constant }) }
}

function joinConstants(a: Constant | undefined, b: Constant | undefined): Constant | undefined {
  if (a === undefined || b === undefined || a === b) return a === b ? a : undefined
  if (a.kind === 'list' || b.kind === 'list') return undefined
  if (a.kind === 'text' && b.kind === 'text' && a.text === b.text) return a
  if (a.kind === 'number' && b.kind === 'number' && a.digits === b.digits) return a
  if (a.kind === 'boolean' && b.kind === 'boolean') return a
  return a.kind === 'scalar' ? a : { kind: 'scalar' }
}

export const isScalar = ({ nodes, constant }: AbstractValue): boolean =>
  nodes.size === 0 && constant !== undefined && constant.kind !== 'list'

/** The member that a key of known value names: a text or an index. */
export function nameOf({ constant }: AbstractValue): string | undefined {
  if (constant?.kind === 'text') return constant.text
  return constant?.kind === 'number' ? constant.digits : undefined
}

/** The path that the second operand of `object.get` names, if it is known. */
export function pathOf(key: AbstractValue | undefined): readonly string[] | undefined {
  const constant = key?.constant
  if (constant?.kind === 'list') return constant.items
  return constant?.kind === 'text' ? [constant.text] : undefined
}
