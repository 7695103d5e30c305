import { compareText } from '../../compare-values.ts'
import { isArrayValue, isNumberValue, isObjectValue, numberText, type Value } from '../../value.ts'
import { formatFloat } from '../format-float.ts'
import { bareSpec } from '../format-spec.ts'

/**
 * What a template holds, by Go's kinds: data, where a number is its text (`json.Number`), integers and floats of the
 * template itself, null for a nil in data, and undefined for no value at all.
 */
export type Held = undefined | null | boolean | string | bigint | number | DataNumber | readonly Held[] | HeldMap

export type HeldMap = ReadonlyMap<string, Held>

export interface DataNumber {
  readonly digits: string
}

export const isHeldMap = (value: Held): value is HeldMap => value instanceof Map
// Array.isArray does not narrow a readonly array
export const isHeldList = (value: Held): value is readonly Held[] => Array.isArray(value)
export const isDataNumber = (value: Held): value is DataNumber =>
  typeof value === 'object' && value !== null && 'digits' in value

/** A number in data is text to Go. */
export const textOf = (value: Held): string | undefined =>
  typeof value === 'string' ? value : isDataNumber(value) ? value.digits : undefined

export function hold(value: Value): Held {
  if (isNumberValue(value)) return { digits: numberText(value) }
  if (isArrayValue(value)) return value.map(hold)
  if (!isObjectValue(value)) return typeof value === 'object' ? null : value
  const entries = value.entries.map(([name, item]) => [typeof name === 'string' ? name : '', hold(item)] as const)
  return new Map(entries.toSorted(([a], [b]) => compareText(a, b)))
}

/** Go's truth: not empty, not zero, not nil. */
export function isTrue(value: Held): boolean {
  if (isHeldList(value)) return value.length > 0
  return isHeldMap(value) ? value.size > 0 : Boolean(value)
}

/** As Go's `%v` prints it. */
export function printed(value: Held): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'number') return formatFloat(value, 'g', bareSpec) ?? ''
  if (isDataNumber(value)) return value.digits
  if (isHeldList(value)) return `[${value.map(printed).join(' ')}]`
  if (isHeldMap(value)) return `map[${[...value].map(([name, item]) => `${name}:${printed(item)}`).join(' ')}]`
  return String(value)
}
