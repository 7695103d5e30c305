/** Says whether a value that came out of JSON has the type T. */
export type Guard<T> = (value: unknown) => value is T

/** The fields of T, each with the guard of its type. */
export type Fields<T> = { readonly [K in keyof T]-?: Guard<T[K]> }

export const isString: Guard<string> = (value) => typeof value === 'string'
export const isNumber: Guard<number> = (value) => typeof value === 'number'
export const isBoolean: Guard<boolean> = (value) => typeof value === 'boolean'

/** Accepts everything: for JSON whose shape belongs to OPA and is passed on as it is. */
export const isAnything: Guard<unknown> = (_value): _value is unknown => true

/** An object that is not an array; its values are not looked at. */
export const isObject: Guard<Readonly<Record<string, unknown>>> = (value): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An array of which every item passes. */
export function listOf<T>(item: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every((entry) => item(entry))
}

/** An object of which every value passes, whatever its key. */
export function mapOf<T>(item: Guard<T>): Guard<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> => isObject(value) && Object.values(value).every(item)
}

/** The value, or its absence. */
export function maybe<T>(item: Guard<T>): Guard<T | undefined> {
  return (value): value is T | undefined => value === undefined || item(value)
}

/** One of a fixed set of texts. */
export function oneOf<const T extends string>(...texts: readonly T[]): Guard<T> {
  return (value): value is T => texts.some((text) => text === value)
}

/** An object with these fields; further ones are ignored, so that a newer toolchain may say more. */
export function shapeOf<T extends object>(fields: Fields<T>): Guard<T> {
  const checks: readonly (readonly [string, Guard<unknown>])[] = Object.entries<Guard<unknown>>({ ...fields })
  return (value): value is T => isObject(value) && checks.every(([name, check]) => check(value[name]))
}
