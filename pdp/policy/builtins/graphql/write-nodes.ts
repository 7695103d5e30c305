import { isArrayValue, isNumberValue, isObjectValue, isSetValue, numberText, type Value } from '../../value.ts'
import { createNode, membersOf, type Node, type NodeName, type Selection, type Shape, zeroOf } from './nodes.ts'

/** A node as OPA answers it: members that are absent or empty lists are left out, empty texts are not. */
export function writeNode(name: NodeName, node: object): Value {
  const entries: (readonly [string, Value])[] = []
  for (const [member, shape] of membersOf(name)) {
    const value = writeMember(shape, Reflect.get(node, member))
    if (value !== undefined && !isEmpty(value)) entries.push([member, value])
  }
  return { kind: 'object', entries }
}

const isEmpty = (value: Value): boolean =>
  isArrayValue(value) ? value.length === 0 : isObjectValue(value) && value.entries.length === 0

function writeMember(shape: Shape, value: unknown): Value | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value
  if (Array.isArray(value)) return value.map((item) => writeItem(shape, item)).filter((item) => !isEmpty(item))
  if (typeof value !== 'object' || value === null || typeof shape !== 'object' || !('one' in shape)) return undefined
  return writeNode(shape.one, value)
}

function writeItem(shape: Shape, item: unknown): Value {
  if (typeof item === 'string' || typeof item !== 'object' || item === null) return String(item)
  if (shape === 'selections') {
    const selection = item as Selection // the only thing that stands in a list of this shape
    return writeNode(selection.kind, selection.node)
  }
  return typeof shape === 'object' && 'many' in shape ? writeNode(shape.many, item) : []
}

// these types read themselves in Go, and forget their comments
const withoutComment: readonly NodeName[] = ['Field', 'InlineFragment', 'FragmentDefinition', 'OperationDefinition']

/**
 * Reads a node that a policy hands over as an object, as Go's `json.Unmarshal` would. Throws where a member has another
 * type than the node declares; members that it does not declare are ignored.
 */
export function readNode<N extends NodeName>(name: N, value: Value): Node<N> {
  if (!isObjectValue(value)) throw new Error(`a ${name} is an object`)
  const given: Record<string, unknown> = {}
  for (const [member, shape] of membersOf(name)) {
    if (member === 'Comment' && withoutComment.includes(name)) continue
    const entry = value.entries.find(([key]) => key === member)
    if (entry && entry[1] !== null) given[member] = readMember(shape, entry[1])
  }
  return createNode(name, given as Partial<Node<N>>) // each member was read by the shape that Node derives from
}

function readMember(shape: Shape, value: Value): unknown {
  if (shape === 'text' || shape === 'flag') {
    if (typeof value !== typeof zeroOf(shape)) throw new Error('of another type')
    return value
  }
  if (shape === 'number') {
    if (!isNumberValue(value) || !/^-?\d{1,15}$/.test(numberText(value))) throw new Error('not an integer')
    return Number(numberText(value))
  }
  if (typeof shape === 'object' && 'one' in shape) return readNode(shape.one, value)
  const items = isSetValue(value) ? value.items : value
  if (!isArrayValue(items)) throw new Error('not a list')
  if (shape === 'selections') return items.flatMap(readSelection)
  return items.map((item) => (shape === 'texts' ? readMember('text', item) : readNode(shape.many, item)))
}

/**
 * Go tries a field first, and a field ignores what it does not know: a fragment given as an object is read as a field
 * too. What is none of the three is left out.
 */
function readSelection(value: Value): readonly Selection[] {
  const attempts: readonly (() => Selection)[] = [
    () => ({ kind: 'Field', node: readNode('Field', value) }),
    () => ({ kind: 'FragmentSpread', node: readNode('FragmentSpread', value) }),
    () => ({ kind: 'InlineFragment', node: readNode('InlineFragment', value) }),
  ]
  for (const attempt of attempts) {
    try {
      return [attempt()]
    } catch {
      continue
    }
  }
  return []
}
