/**
 * A Rego value, nothing lost: sets stay sets, keys may be any value, and a number that a double cannot carry keeps its
 * digits. Objects and sets hold their entries in the order in which they were written; compare with `compareValues`.
 */
export type Value = null | boolean | number | string | BigNumber | readonly Value[] | ObjectValue | SetValue

/** A number by its JSON text, where `String(Number(text))` would be another text. */
export interface BigNumber {
  readonly kind: 'number'
  readonly text: string
}

export interface SetValue {
  readonly kind: 'set'
  readonly items: readonly Value[]
}

export interface ObjectValue {
  readonly kind: 'object'
  readonly entries: readonly (readonly [Value, Value])[]
}

// Array.isArray does not narrow a readonly array
export const isArrayValue = (value: Value | undefined): value is readonly Value[] => Array.isArray(value)

export const isObjectValue = (value: Value | undefined): value is ObjectValue => hasKind(value, 'object')
export const isSetValue = (value: Value | undefined): value is SetValue => hasKind(value, 'set')
export const isNumberValue = (value: Value | undefined): value is number | BigNumber =>
  typeof value === 'number' || hasKind(value, 'number')

const hasKind = (value: Value | undefined, kind: string): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind

export const setOf = (...items: readonly Value[]): SetValue => ({ kind: 'set', items })

export const objectOf = (...entries: ObjectValue['entries']): ObjectValue => ({ kind: 'object', entries })

/** The number of a JSON number text: a double where that is exact and canonical, else the text. */
export function numberOf(text: string): number | BigNumber {
  const number = Number(text)
  return String(number) === text ? number : { kind: 'number', text }
}

/** The JSON text of a number. */
export const numberText = (number: number | BigNumber): string =>
  typeof number === 'number' ? String(number) : number.text
