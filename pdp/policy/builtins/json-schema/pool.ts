import { type Draft, draftOf } from './draft.ts'
import { follow, inherit, isCanonical, readReference, type Reference, textOf } from './reference.ts'
import { isTreeList, isTreeObject, type Tree } from './tree.ts'

export interface Pooled {
  readonly document: Tree
  readonly draft: Draft | undefined
}

/** The document of a schema and every part of it that has an id, by reference; and its `$ref`s made absolute. */
export interface Pool {
  readonly root: Tree
  /** Throws where a reference leads nowhere, or outside of the document: nothing is fetched. */
  readonly find: (reference: Reference) => Pooled
}

// What describes properties is no schema itself, whatever the properties are called; these are not looked into as one.
const maps: readonly string[] = ['properties', 'dependencies', 'patternProperties']
const literals: readonly string[] = ['const', 'enum']

export function createPool(document: Tree): Pool {
  const pool = new Map<string, Pooled>()
  const draft = draftOf(document)
  const root = resolved(document, { base: '', fragment: '' })
  pool.set('', { document: root, draft })

  function resolved(tree: Tree, scope: Reference): Tree {
    if (isTreeList(tree)) return tree.map((item) => resolved(item, scope))
    if (!isTreeObject(tree)) return tree
    const id = tree.get(tree.has('id') ? 'id' : '$id')
    const own = typeof id === 'string' ? tryInherit(scope, id) : undefined
    if (own && pool.has(textOf(own))) throw new Error(`Reference already exists: "${textOf(own)}"`)
    if (own) pool.set(textOf(own), { document: tree, draft }) // keeps the place; the resolved one follows
    const inner = own ?? scope
    const copy = new Map<string, Tree>()
    for (const [name, value] of tree) copy.set(name, resolvedMember(name, value, inner))
    if (own) pool.set(textOf(own), { document: copy, draft })
    return copy
  }

  function resolvedMember(name: string, value: Tree, scope: Reference): Tree {
    if (name === '$ref' && typeof value === 'string') {
      const absolute = tryInherit(scope, value)
      return absolute ? textOf(absolute) : value
    }
    if (literals.includes(name)) return value
    if (!maps.includes(name)) return resolved(value, scope)
    return isTreeObject(value) ? new Map([...value].map(([key, item]) => [key, resolved(item, scope)])) : value
  }

  return {
    root,
    find(reference) {
      const known = pool.get(textOf(reference))
      if (known) return known
      const whole = pool.get(reference.base)
      if (!whole)
        throw new Error(
          isCanonical(reference)
            ? `${reference.base} is another document, and none is fetched`
            : `Reference ${textOf(reference)} must be canonical`,
        )
      const found = { document: follow(reference.fragment, whole.document), draft: whole.draft }
      pool.set(textOf(reference), found)
      return found
    },
  }
}

/** What is no reference is refused where it is read as a keyword. */
function tryInherit(scope: Reference, text: string): Reference | undefined {
  try {
    return inherit(scope, readReference(text))
  } catch {
    return undefined
  }
}
