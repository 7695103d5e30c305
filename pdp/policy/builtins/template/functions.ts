import { compareText } from '../../compare-values.ts'
import { formatFloat } from '../format-float.ts'
import { formatInteger } from '../format-integer.ts'
import { formatText } from '../format-text.ts'
import { goText } from '../go-utf8.ts'
import { type Operand, readFormat } from '../read-format.ts'
import { escapeHtml, escapeJs, escapeQuery } from './escape.ts'
import { type Held, isDataNumber, isHeldList, isHeldMap, isTrue, printed, textOf } from './held.ts'

/** A function of templates: least and most arguments, and what it answers; it throws where Go's does. */
export interface TemplateFunction {
  readonly least: number
  readonly most: number
  readonly call: (...given: readonly Held[]) => Held
}

const many = Number.POSITIVE_INFINITY
const of = (least: number, most: number, call: TemplateFunction['call']): TemplateFunction => ({ least, most, call })

/** Go's own functions for templates. `and` and `or` stop where the answer is known, which the caller sees to. */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  and: of(1, many, (...given) => given.find((one) => !isTrue(one)) ?? given.at(-1)),
  or: of(1, many, (...given) => given.find(isTrue) ?? given.at(-1)),
  not: of(1, 1, (value) => !isTrue(value)),
  len: of(1, 1, lengthOf),
  index: of(1, many, (item, ...indexes) => indexes.reduce<Held>(itemAt, needed(item))),
  slice: of(1, 4, slice),
  print: of(0, many, (...given) => sprint(given, printed)),
  println: of(0, many, (...given) => `${given.map(printed).join(' ')}\n`),
  printf: of(1, many, printf),
  html: of(0, many, (...given) => escapeHtml(sprint(given, shown))),
  js: of(0, many, (...given) => escapeJs(sprint(given, shown))),
  urlquery: of(0, many, (...given) => escapeQuery(sprint(given, shown))),
  eq: of(2, many, (first, ...others) => others.some((other) => isEqual(first, other))),
  ne: of(2, 2, (a, b) => !isEqual(a, b)),
  lt: of(2, 2, isLess),
  le: of(2, 2, (a, b) => isLess(a, b) || isEqual(a, b)),
  gt: of(2, 2, (a, b) => !isLess(a, b) && !isEqual(a, b)),
  ge: of(2, 2, (a, b) => !isLess(a, b)),
  call: of(1, many, () => fail('no functions in data')),
}

const longest = 1_048_576

function fail(reason: string): never {
  throw new TypeError(reason)
}

const needed = (value: Held): Held => (value === undefined || value === null ? fail('no value') : value)
const shown = (value: Held): string => (value === undefined || value === null ? '<no value>' : printed(value))

function lengthOf(value: Held): bigint {
  const text = textOf(value)
  if (text !== undefined) return BigInt(Buffer.byteLength(text))
  if (isHeldList(value)) return BigInt(value.length)
  return isHeldMap(value) ? BigInt(value.size) : fail('no length')
}

function itemAt(item: Held, index: Held): Held {
  if (isHeldMap(item)) return typeof index === 'string' ? (item.get(index) ?? null) : fail('a name is a string')
  if (typeof index !== 'bigint' || index < 0n) return fail('no index')
  const text = textOf(item)
  const list = text === undefined ? item : Array.from(Buffer.from(text), BigInt)
  if (!isHeldList(list) || index >= list.length) return fail('out of range')
  return list[Number(index)]
}

/** Go's Sprint: a space between two operands where neither is a string. */
function sprint(given: readonly Held[], show: (value: Held) => string): string {
  let out = ''
  for (const [i, value] of given.entries()) {
    if (i > 0 && textOf(value) === undefined && textOf(given[i - 1]) === undefined) out += ' '
    out += show(value)
    if (out.length > longest) throw new RangeError('too long')
  }
  return out
}

function slice(item: Held, ...indexes: readonly Held[]): Held {
  const text = textOf(item)
  const list = text === undefined ? item : Buffer.from(text)
  if (!(list instanceof Uint8Array) && !isHeldList(list)) return fail('no slice of this')
  if (list instanceof Uint8Array && indexes.length > 2) return fail('a string has no capacity')
  const bounds = indexes.map((index) => {
    if (typeof index !== 'bigint' || index < 0n || index > list.length) return fail('out of range')
    return Number(index)
  })
  const [from = 0, to = list.length, capacity = list.length] = bounds
  if (from > to || to > capacity) return fail('out of order')
  return list instanceof Uint8Array ? goText(list.subarray(from, to)) : list.slice(from, to)
}

function printf(format: Held, ...given: readonly Held[]): string {
  if (typeof format !== 'string') return fail('a format is a string')
  const text = readFormat(format, given.map(operandOf), ({ type, value }, verb, spec) => {
    if (type === 'string') return formatText(value, verb, spec) ?? fail('a verb that does not fit')
    if (type === 'float64') return formatFloat(value, verb, spec) ?? fail('a verb that does not fit')
    return formatInteger(value, verb, spec) ?? fail('a verb that does not fit')
  })
  // Go writes what is wrong into the text; with its names of types, which are not all known here
  return /%!/.test(text) && !given.some((value) => textOf(value)?.includes('%!')) ? fail('a wrong format') : text
}

function operandOf(value: Held): Operand {
  if (typeof value === 'bigint') return { type: 'int64', value }
  if (typeof value === 'number') return { type: 'float64', value }
  return { type: 'string', value: printed(value) }
}

const kindOf = (value: Held): string => {
  if (isDataNumber(value)) return 'string'
  return value === null || typeof value === 'object' ? 'undefined' : typeof value
}

function isEqual(a: Held, b: Held): boolean {
  const [x, y] = [kindOf(a), kindOf(b)]
  const nil = (value: Held): boolean => value === undefined || value === null
  if (x !== y) return nil(a) || nil(b) ? false : fail('of different types')
  if (x !== 'undefined') return (textOf(a) ?? a) === (textOf(b) ?? b)
  if (nil(a) || nil(b)) return nil(a) && nil(b)
  return fail('not to be compared')
}

function isLess(a: Held, b: Held): boolean {
  const [x, y] = [textOf(a), textOf(b)]
  if (x !== undefined && y !== undefined) return compareText(x, y) < 0
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b
  if (typeof a === 'number' && typeof b === 'number') return a < b
  return fail('not to be ordered')
}
