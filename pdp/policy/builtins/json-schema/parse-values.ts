import type { Draft } from './draft.ts'
import { listAt } from './list-at.ts'
import { invalidType } from './messages.ts'
import { isInteger, type Rational, rationalOf } from './rational.ts'
import type { Schema, SizeKeyword } from './schema.ts'
import { canonicalText, isJsonNumber, isTreeList, type Tree, type TreeObject } from './tree.ts'

// The keywords of a schema that hold no schemas.

const types: readonly string[] = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string']

export function readTypes(tree: TreeObject, into: Schema): void {
  const given = tree.get('type')
  if (given === undefined) return
  for (const type of isTreeList(given) ? given : [given]) {
    if (typeof type !== 'string') throw invalidType('type', 'string/Array Of Strings')
    if (!types.includes(type))
      throw new Error(
        `has a primitive type that is NOT VALID -- given: /${type}/ Expected valid values are:[${types.join(' ')}]`,
      )
    if (into.types.includes(type)) throw new Error(`${type} type is duplicated`)
    into.types.push(type)
  }
}

export function readNumbers(tree: TreeObject, draft: Draft, { numbers }: Schema): void {
  const multipleOf = tree.get('multipleOf')
  if (multipleOf !== undefined) {
    const unit = rationalOf(multipleOf)
    if (!unit) throw invalidType('Number', 'multipleOf')
    if (unit.over <= 0n) throw new Error('multipleOf must be strictly greater than 0')
    numbers.multipleOf = unit
  }
  for (const [name, exclusive] of bounds) {
    const given = tree.get(name)
    if (given !== undefined) numbers[name] = needNumber(given, name)
    const bound = tree.get(exclusive)
    if (bound === undefined) continue
    if (typeof bound === 'boolean' && (draft === 4 || draft === 'mixed')) {
      // draft 4: a flag beside the bound itself
      const value = numbers[name]
      if (!value) throw new Error(`${exclusive} cannot be used without ${name}`)
      if (!bound) continue
      numbers[exclusive] = value
      delete numbers[name]
    } else if (isJsonNumber(bound) && draft !== 4) numbers[exclusive] = needNumber(bound, exclusive)
    else throw invalidType(draft === 4 ? 'boolean' : draft === 'mixed' ? 'boolean/number' : 'number', exclusive)
  }
}

const bounds = [
  ['minimum', 'exclusiveMinimum'],
  ['maximum', 'exclusiveMaximum'],
] as const

function needNumber(given: Tree, name: string): Rational {
  const number = rationalOf(given)
  if (!number) throw new Error(`${name} must be of a Number`)
  return number
}

/** The least and the most of a size, in this order. */
export function readSizes(
  tree: TreeObject,
  { sizes }: Schema,
  [least, most]: readonly [SizeKeyword, SizeKeyword],
): void {
  for (const name of [least, most]) {
    const given = tree.get(name)
    if (given === undefined) continue
    const number = rationalOf(given)
    // Go reads the text as an int64: an integer in another spelling, such as 1e2, is refused
    if (!number || !isInteger(number) || !/^-?\d{1,18}$/.test(number.text))
      throw new Error(`${name} must be of an integer`)
    if (number.over < 0n) throw new Error(`${name} must be greater than or equal to 0`)
    sizes[name] = Number(number.over)
  }
  if (most !== 'maxItems' && (sizes[least] ?? 0) > (sizes[most] ?? Number.POSITIVE_INFINITY))
    throw new Error(`${least} cannot be greater than ${most}`)
}

export function readRequired(tree: TreeObject, into: Schema): void {
  const names: string[] = []
  for (const name of listAt(tree, 'required')) {
    if (typeof name !== 'string') throw invalidType('string', 'required')
    if (names.includes(name)) throw new Error('required items must be unique')
    names.push(name)
  }
  into.required = names
}

export function readUniqueItems(tree: TreeObject, into: Schema): void {
  const given = tree.get('uniqueItems')
  if (given === undefined) return
  if (typeof given !== 'boolean') throw new Error('uniqueItems must be of a boolean')
  into.uniqueItems = given
}

export function readEnum(tree: TreeObject, into: Schema): void {
  const texts = listAt(tree, 'enum').map(canonicalText)
  if (new Set(texts).size < texts.length) throw new Error('enum items must be unique')
  into.enum = texts
}
