import type { JsonValue } from '../core/json.ts'
import { compareValues, sortValues } from './compare-values.ts'
import { type BigNumber, isArrayValue, isObjectValue, isSetValue, type Value } from './value.ts'

/**
 * A value as JSON, sets as sorted lists. Undefined where JSON cannot carry it: a key that is no string, one named
 * `__proto__`, or a number that a double cannot hold.
 */
export function valueToJson(value: Value): JsonValue | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') {
    return value
  }
  if (isArrayValue(value)) return listToJson(value)
  if (isSetValue(value)) return listToJson(sortValues(value.items))
  if (isObjectValue(value)) return entriesToJson(value.entries)
  return exactDouble(value)
}

/** `5.0` and `1e3` are doubles in another spelling; what is more than that is undefined. */
function exactDouble(number: BigNumber): number | undefined {
  const double = Number(number.text)
  if (!Number.isFinite(double) || compareValues(number, double) !== 0) return undefined
  return double === 0 ? 0 : double // never the negative zero
}

function listToJson(values: readonly Value[]): JsonValue | undefined {
  const list: JsonValue[] = []
  for (const value of values) {
    const item = valueToJson(value)
    if (item === undefined) return undefined
    list.push(item)
  }
  return list
}

function entriesToJson(entries: readonly (readonly [Value, Value])[]): JsonValue | undefined {
  const object: Record<string, JsonValue> = {}
  for (const [name, value] of entries) {
    const item = valueToJson(value)
    if (typeof name !== 'string' || name === '__proto__' || item === undefined) return undefined
    object[name] = item
  }
  return object
}
