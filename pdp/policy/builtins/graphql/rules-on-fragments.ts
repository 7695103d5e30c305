import type { Node, Selection } from './nodes.ts'
import type { Rule, Walk } from './walk.ts'

/** Rules that follow spreads: no cycles, subscriptions of one field, and introspection of bounded depth. */
export const rulesOnFragments = (walk: Walk): readonly Rule[] => [
  noCycles(walk),
  singleFieldSubscriptions(walk),
  introspectionDepth,
]

function noCycles({ document }: Walk): Rule {
  const visited = new Set<string>()
  function visit({ Name, SelectionSet }: Node<'FragmentDefinition'>, path: ReadonlySet<string>): void {
    if (visited.has(Name)) return
    visited.add(Name)
    const longer = new Set(path).add(Name)
    for (const spread of spreadsIn(SelectionSet)) {
      if (longer.has(spread)) throw new Error('a fragment within itself')
      const next = document.Fragments.find((one) => one.Name === spread)
      if (next) visit(next, longer)
    }
  }
  return { fragment: (node) => visit(node, new Set()) }
}

const spreadsIn = (list: readonly Selection[]): readonly string[] =>
  list.flatMap(({ kind, node }) => (kind === 'FragmentSpread' ? [node.Name] : spreadsIn(node.SelectionSet)))

const singleFieldSubscriptions = ({ schema }: Walk): Rule => ({
  operation({ Operation, SelectionSet }) {
    if (Operation !== 'subscription' || !schema.roots.has('subscription')) return
    const names = new Set(topFields(SelectionSet, new Set()))
    if (names.size > 1 || [...names].some((name) => name.startsWith('__')))
      throw new Error('a subscription of more than one field')
  },
})

function topFields(list: readonly Selection[], passed: Set<string>): readonly string[] {
  const names: string[] = []
  for (const selection of list) {
    if (selection.kind === 'Field') names.push(selection.node.Name)
    else if (selection.kind === 'InlineFragment') names.push(...topFields(selection.node.SelectionSet, passed))
    else {
      const fragment = selection.node.Definition
      if (!fragment) break // the library looks no further
      if (passed.has(fragment.Name)) continue
      passed.add(fragment.Name)
      names.push(...topFields(fragment.SelectionSet, passed))
    }
  }
  return names
}

const listFields: readonly string[] = ['fields', 'interfaces', 'possibleTypes', 'inputFields']
const maximumLists = 3

const mostVisits = 50_000

const introspectionDepth: Rule = {
  field(node) {
    if (node.Name !== '__schema' && node.Name !== '__type') return
    let visits = 0
    const within = new Set<string>()

    function isDeep(list: readonly Selection[], depth: number): boolean {
      if (++visits > mostVisits) throw new RangeError('fragments that multiply')
      return list.some((selection) => {
        if (selection.kind === 'InlineFragment') return isDeep(selection.node.SelectionSet, depth)
        if (selection.kind === 'FragmentSpread') return isSpreadDeep(selection.node, depth)
        const isList = listFields.includes(selection.node.Name)
        if (isList && depth + 1 >= maximumLists) return true
        return isDeep(selection.node.SelectionSet, isList ? depth + 1 : depth)
      })
    }

    function isSpreadDeep({ Name, Definition }: Node<'FragmentSpread'>, depth: number): boolean {
      if (!Definition || within.has(Name)) return false
      within.add(Name)
      const deep = isDeep(Definition.SelectionSet, depth)
      within.delete(Name)
      return deep
    }

    if (isDeep([{ kind: 'Field', node }], 0)) throw new Error('introspection too deep')
  },
}
