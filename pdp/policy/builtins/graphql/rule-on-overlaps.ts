import type { Node, Selection } from './nodes.ts'
import type { Schema } from './schema.ts'
import type { Rule, Walk } from './walk.ts'

type Field = Node<'Field'>
type Spread = Node<'FragmentSpread'>

interface Collected {
  readonly fields: ReadonlyMap<string, readonly Field[]>
  readonly spreads: readonly Spread[]
}

/**
 * GraphQL October 2021 §5.3.2: fields of one response name can be merged. The letters are those of the reference
 * algorithm (graphql-js, OverlappingFieldsCanBeMergedRule), which compares each pair of fragments once.
 */
export function ruleOnOverlaps({ schema, operation }: Walk): Rule {
  const compared = new Map<string, boolean>()
  let comparisons = 0
  let passed = new Set<string>()

  function checkWithin(list: readonly Selection[]): void {
    if (list.length === 0) return
    const set = collect(list)
    for (const fields of set.fields.values()) // (A)
      for (const [i, field] of fields.entries())
        for (const other of fields.slice(i + 1)) compareFields(false, field, other)
    passed = new Set()
    for (const [i, spread] of set.spreads.entries()) {
      compareWithFragment(false, set, spread) // (B)
      for (const other of set.spreads.slice(i + 1)) compareFragments(false, spread, other) // (C)
    }
  }

  function compareWithFragment(exclusive: boolean, set: Collected, { Name, Definition }: Spread): void {
    if (passed.has(Name)) return
    passed.add(Name)
    if (!Definition) return
    const other = collect(Definition.SelectionSet)
    if (sameFields(set, other)) return
    compareSets(exclusive, set, other) // (D)
    for (const spread of other.spreads) if (spread.Name !== Name) compareWithFragment(exclusive, set, spread) // (E)
  }

  function compareFragments(exclusive: boolean, a: Spread, b: Spread): void {
    if (a.Name === b.Name) return
    const before = compared.get(pairOf(a, b))
    // a comparison of fields that may stand together covers that of fields that exclude each other
    if (before === false || (before === true && exclusive)) return
    compared.set(pairOf(a, b), exclusive)
    if (!a.Definition || !b.Definition) return
    const [first, second] = [collect(a.Definition.SelectionSet), collect(b.Definition.SelectionSet)]
    compareSets(exclusive, first, second) // (F)
    for (const spread of second.spreads) compareFragments(exclusive, a, spread) // (G)
    for (const spread of first.spreads) compareFragments(exclusive, spread, b)
  }

  function compareSets(exclusive: boolean, a: Collected, b: Collected): void {
    for (const [name, fields] of a.fields)
      for (const field of fields) for (const other of b.fields.get(name) ?? []) compareFields(exclusive, field, other)
  }

  function compareFields(parentsExclude: boolean, a: Field, b: Field): void {
    if (++comparisons > mostComparisons) throw new RangeError('too many fields of one name')
    if (!a.ObjectDefinition || !b.ObjectDefinition) return
    const exclusive = parentsExclude || excludeEachOther(a, b)
    if (!exclusive && (a.Name !== b.Name || !sameArguments(a.Arguments, b.Arguments))) conflict()
    if (a.Definition && b.Definition && typesConflict(schema, a.Definition.Type, b.Definition.Type)) conflict()
    const [first, second] = [collect(a.SelectionSet), collect(b.SelectionSet)]
    compareSets(exclusive, first, second) // (H)
    for (const [set, spreads] of [
      [first, second.spreads],
      [second, first.spreads],
    ] as const) {
      for (const spread of spreads) {
        passed = new Set()
        compareWithFragment(exclusive, set, spread) // (I)
      }
    }
    for (const spread of first.spreads) for (const other of second.spreads) compareFragments(exclusive, spread, other) // (J)
  }

  return {
    operation: ({ SelectionSet }) => checkWithin(SelectionSet),
    field({ SelectionSet }) {
      if (operation()) checkWithin(SelectionSet)
    },
    inlineFragment: ({ SelectionSet }) => checkWithin(SelectionSet),
    fragment: ({ SelectionSet }) => checkWithin(SelectionSet),
  }
}

const mostComparisons = 50_000 // they grow with the square of the fields of one name

function conflict(): never {
  throw new Error('fields that cannot be merged')
}

const pairOf = (a: Spread, b: Spread): string => [a.Name, b.Name].sort().join(' ')

function collect(list: readonly Selection[]): Collected {
  const fields = new Map<string, Field[]>()
  const spreads: Spread[] = []
  function add(inner: readonly Selection[]): void {
    for (const { kind, node } of inner) {
      if (kind === 'FragmentSpread') spreads.push(node)
      else if (kind === 'InlineFragment') add(node.SelectionSet)
      else {
        const name = node.Alias === '' ? node.Name : node.Alias
        const before = fields.get(name)
        if (before) before.push(node)
        else fields.set(name, [node])
      }
    }
  }
  add(list)
  return { fields, spreads }
}

const sameFields = (a: Collected, b: Collected): boolean =>
  a.fields.size === b.fields.size &&
  [...a.fields].every(([name, fields]) => {
    const others = b.fields.get(name)
    return others?.length === fields.length && fields.every((field, i) => field === others[i])
  })

const excludeEachOther = (a: Field, b: Field): boolean =>
  a.ObjectDefinition?.Name !== b.ObjectDefinition?.Name &&
  a.ObjectDefinition?.Kind === 'OBJECT' &&
  b.ObjectDefinition?.Kind === 'OBJECT' &&
  a.Definition !== undefined &&
  b.Definition !== undefined

// The library compares kind and text alone: two lists, or two objects, are the same to it.
const sameArguments = (a: readonly Node<'Argument'>[], b: readonly Node<'Argument'>[]): boolean =>
  a.length === b.length &&
  a.every(({ Name, Value }) =>
    b.some((other) => other.Name === Name && other.Value?.Kind === Value?.Kind && other.Value?.Raw === Value?.Raw),
  )

function typesConflict(schema: Schema, a: Node<'Type'> | undefined, b: Node<'Type'> | undefined): boolean {
  if (!a || !b) return a !== b
  if (a.Elem || b.Elem) return typesConflict(schema, a.Elem, b.Elem)
  if (a.NonNull !== b.NonNull) return true
  const [first, second] = [schema.types.get(a.NamedType), schema.types.get(b.NamedType)]
  const isLeaf = (type: Node<'Definition'> | undefined) => type?.Kind === 'SCALAR' || type?.Kind === 'ENUM'
  return isLeaf(first) && isLeaf(second) && first?.Name !== second?.Name
}
