import { sortValues } from '../compare-values.ts'
import { isArrayValue, isObjectValue, isSetValue, setOf, type Value } from '../value.ts'
import { valueText } from './value-text.ts'
import type { Builtin } from './builtin.ts'

const mostSteps = 20_000

/**
 * `graph.reachable_paths`: every path from the given nodes, as lists, up to where it ends or would come back to a node
 * it has. Undefined beyond 20,000 steps: their number grows exponentially with the graph.
 */
export const graphReachablePaths: Builtin = {
  name: 'graph.reachable_paths',
  call(graph, initial) {
    const starts = itemsOf(initial)
    if (!isObjectValue(graph) || !starts) return undefined
    const edges = new Map(graph.entries.map(([node, to]) => [keyOf(node), itemsOf(to) ?? []]))
    const paths: Value[] = []
    let steps = 0

    function follow(node: Value, path: readonly Value[], passed: ReadonlySet<string>): void {
      if (++steps > mostSteps) throw new RangeError('too many paths')
      const next = edges.get(keyOf(node))
      if (!next) {
        paths.push(path) // a node that is not in the graph does not belong to the path
        return
      }
      const longer = [...path, node]
      if (next.length === 0) paths.push(longer)
      const now = new Set(passed).add(keyOf(node))
      for (const neighbour of next) {
        if (now.has(keyOf(neighbour))) paths.push(longer)
        else follow(neighbour, longer, now)
      }
    }

    for (const start of starts) {
      const next = edges.get(keyOf(start))
      if (next?.length === 0) paths.push([start])
      // OPA looks for cycles from the second node on only: an edge of the first to itself is followed once
      for (const neighbour of next ?? []) follow(neighbour, [start], new Set([keyOf(start)]))
    }
    return setOf(...sortValues(paths))
  },
}

const itemsOf = (value: Value | undefined): readonly Value[] | undefined =>
  isArrayValue(value) ? value : isSetValue(value) ? value.items : undefined

// the text of a value is the same for equal ones
const keyOf = (node: Value): string => valueText(node)
