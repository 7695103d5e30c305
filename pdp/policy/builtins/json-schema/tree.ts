import { isArrayValue, isNumberValue, isObjectValue, numberText, type Value } from '../../value.ts'
import { readGoJson } from '../read-go-json.ts'
import { writeGoJson } from '../write-go-json.ts'

/** A JSON document in which members are found by name and numbers keep their digits. */
export type Tree = null | boolean | string | JsonNumber | readonly Tree[] | TreeObject

export type TreeObject = ReadonlyMap<string, Tree>

export interface JsonNumber {
  readonly text: string
}

export const isTreeObject = (tree: Tree | undefined): tree is TreeObject => tree instanceof Map
// Array.isArray does not narrow a readonly array
export const isTreeList = (tree: Tree | undefined): tree is readonly Tree[] => Array.isArray(tree)
export const isJsonNumber = (tree: Tree | undefined): tree is JsonNumber =>
  typeof tree === 'object' && tree !== null && 'text' in tree

/** The document of an operand: an object or a list, or a string that holds any JSON. Throws OPA's message. */
export function readTree(operand: Value | undefined): Tree {
  if (typeof operand === 'string') {
    try {
      return treeOf(readGoJson(operand))
    } catch {
      throw new Error('invalid JSON string')
    }
  }
  if (!isObjectValue(operand) && !isArrayValue(operand)) throw new Error('wrong type, expected string or object')
  return treeOf(readGoJson(writeGoJson(operand))) // names become strings, and sets lists
}

function treeOf(value: Value): Tree {
  if (isNumberValue(value)) return { text: numberText(value) }
  if (isArrayValue(value)) return value.map(treeOf)
  if (!isObjectValue(value)) return typeof value === 'object' ? null : value
  return new Map(value.entries.map(([name, item]) => [nameOf(name), treeOf(item)]))
}

// readGoJson makes no other
const nameOf = (key: Value): string => (typeof key === 'string' ? key : '')

/** The text by which values are compared: JSON in which equal numbers look alike, as doubles do. */
export function canonicalText(tree: Tree): string {
  return writeGoJson(valueOf(tree))
}

function valueOf(tree: Tree): Value {
  if (isJsonNumber(tree)) {
    const number = Number(tree.text)
    if (!Number.isFinite(number)) throw new RangeError('a number beyond a float64')
    return Object.is(number, -0) ? { kind: 'number', text: '-0' } : number
  }
  if (isTreeList(tree)) return tree.map(valueOf)
  if (isTreeObject(tree)) return { kind: 'object', entries: [...tree].map(([name, item]) => [name, valueOf(item)]) }
  return tree
}
