import type { ReadTree } from '../../core/read-tree.ts'

/** A place in a document, growing as reads are found. `value` and `whole` only ever become more. */
export interface ReadNode {
  readonly depth: number
  readonly members: Map<string, ReadNode>
  each: ReadNode | undefined
  value: false | 'boolean' | true
  whole: boolean
}

/** Records reads on nodes; `grew` says whether there was a new one since it was last asked. */
export interface Reads {
  root(): ReadNode
  member(node: ReadNode, name: string): ReadNode
  each(node: ReadNode): ReadNode
  value(node: ReadNode): void
  boolean(node: ReadNode): void
  whole(node: ReadNode): void
  /** For what else the caller remembers from round to round. */
  note(): void
  grew(): boolean
}

const maximumDepth = 24 // of a path: a policy may build one by recursion over its own results

export function createReads(): Reads {
  let grown = false
  const create = (depth: number): ReadNode => {
    grown = true
    return { depth, members: new Map(), each: undefined, value: false, whole: false }
  }
  function whole(node: ReadNode): void {
    if (!node.whole) grown = true
    node.whole = true
  }
  /** Below what is read whole, and too deep, there is nothing more to learn. */
  function endsAt(node: ReadNode): boolean {
    if (node.depth >= maximumDepth) whole(node)
    return node.whole
  }
  return {
    root: () => create(0),
    member(node, name) {
      if (endsAt(node)) return node
      const known = node.members.get(name)
      if (known) return known
      const made = create(node.depth + 1)
      node.members.set(name, made)
      return made
    },
    each(node) {
      if (endsAt(node)) return node
      node.each ??= create(node.depth + 1)
      return node.each
    },
    value(node) {
      if (node.value !== true) grown = true
      node.value = true
    },
    boolean(node) {
      if (!node.value) grown = true
      node.value ||= 'boolean'
    },
    whole,
    note() {
      grown = true
    },
    grew() {
      const before = grown
      grown = false
      return before
    },
  }
}

const maximumParts = 10_000

/** The tree of a node. What `each` reads is part of every member's tree, so that a reader needs to look at one only. */
export function treeOf(node: ReadNode): ReadTree {
  let parts = 0
  function of(nodes: readonly ReadNode[]): ReadTree {
    if (++parts > maximumParts || nodes.some(({ whole }) => whole)) return 'whole'
    const eachNodes = nodes.flatMap(({ each }) => each ?? [])
    const names = [...new Set(nodes.flatMap(({ members }) => [...members.keys()]))].sort()
    if (names.includes('__proto__')) return 'whole' // no object can hold it as a name
    const members = names.map((name) => [name, of([...nodes.flatMap((n) => n.members.get(name) ?? []), ...eachNodes])])
    const value = nodes.some((n) => n.value === true) || (nodes.some((n) => n.value) && 'boolean')
    return {
      ...(value && { value }),
      ...(members.length > 0 && { members: Object.fromEntries(members) }),
      ...(eachNodes.length > 0 && { each: of(eachNodes) }),
    }
  }
  const tree = of([node])
  return parts > maximumParts ? 'whole' : tree
}
