import {
  type BigNumber,
  isArrayValue,
  isNumberValue,
  isObjectValue,
  isSetValue,
  numberText,
  type Value,
} from './value.ts'

/**
 * Rego's order of all values (OPA `ast.Compare`): null, booleans, numbers, strings by code point, arrays, objects by
 * their sorted keys, sets by their sorted items. Negative, 0 or positive.
 */
export function compareValues(a: Value, b: Value): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (isNumberValue(a) && isNumberValue(b)) return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (isArrayValue(a) && isArrayValue(b)) return compareLists(a, b)
  if (isSetValue(a) && isSetValue(b)) return compareLists(sortValues(a.items), sortValues(b.items))
  if (isObjectValue(a) && isObjectValue(b)) return compareEntries(sortEntries(a.entries), sortEntries(b.entries))
  return 0 // two nulls
}

/** Sorted, each value once, as a set's items are. */
export function sortValues(values: readonly Value[]): readonly Value[] {
  return values.toSorted(compareValues).filter((value, i, sorted) => {
    const previous = sorted[i - 1]
    return previous === undefined || compareValues(previous, value) !== 0
  })
}

type Entries = readonly (readonly [Value, Value])[]

const sortEntries = (entries: Entries): Entries => entries.toSorted(([a], [b]) => compareValues(a, b))

function rankOf(value: Value): number {
  if (value === null) return 0
  if (typeof value === 'boolean') return 1
  if (isNumberValue(value)) return 2
  if (typeof value === 'string') return 3
  if (isArrayValue(value)) return 4
  return isObjectValue(value) ? 5 : 6
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  for (const [i, item] of a.entries()) {
    const other = b[i]
    if (other === undefined) return 1
    const order = compareValues(item, other)
    if (order !== 0) return order
  }
  return a.length - b.length
}

// OPA compares key by key, and the values of equal keys before the next key
function compareEntries(a: Entries, b: Entries): number {
  for (const [i, [key, value]] of a.entries()) {
    const other = b[i]
    if (other === undefined) return 1
    const order = compareValues(key, other[0]) || compareValues(value, other[1])
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** By code point: UTF-16 order puts characters beyond U+FFFF before those from U+E000. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const surrogateX = (x & 0xf800) === 0xd800
    const surrogateY = (y & 0xf800) === 0xd800
    return surrogateX === surrogateY ? x - y : surrogateX ? 1 : -1
  }
  return a.length - b.length
}

function compareNumbers(a: number | BigNumber, b: number | BigNumber): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const x = decimalOf(numberText(a))
  const y = decimalOf(numberText(b))
  if (!x || !y) return Number(numberText(a)) - Number(numberText(b)) // an exponent too large to write out
  const exponent = Math.min(x.exponent, y.exponent)
  const left = x.digits * 10n ** BigInt(x.exponent - exponent)
  const right = y.digits * 10n ** BigInt(y.exponent - exponent)
  return left < right ? -1 : left > right ? 1 : 0
}

const maximumExponent = 5000

/** A decimal as digits and a power of ten. */
function decimalOf(text: string): { readonly digits: bigint; readonly exponent: number } | undefined {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (!parts) return undefined
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts
  const exponent = Number(power) - fraction.length
  if (Math.abs(exponent) > maximumExponent) return undefined
  return { digits: BigInt(`${sign}${whole}${fraction}`), exponent }
}
