import { isArray, isObject, type JsonObject, type JsonValue, member } from '../../core/json.ts'
import { fromRfc3339, type Instant, instant } from '../../core/time.ts'

/** A line of the log as an object, or undefined for a line that is none. */
export function readLine(line: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(line)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What stands at a path of members; undefined where there is nothing. */
export function memberAt(record: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let value = record
  for (const name of path) value = isObject(value) ? member(value, name) : undefined
  return value
}

/** The text at a path of members. */
export function textAt(record: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const value = memberAt(record, ...path)
  return typeof value === 'string' ? value : undefined
}

/** The objects of the list at a path of members; none where there is no list. */
export function objectsAt(record: JsonValue | undefined, ...path: readonly string[]): readonly JsonObject[] {
  const value = memberAt(record, ...path)
  return isArray(value) ? value.filter(isObject) : []
}

/** The texts of the list at a path of members. */
export function textsAt(record: JsonValue | undefined, ...path: readonly string[]): readonly string[] {
  const value = memberAt(record, ...path)
  return isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** The number of a record. */
export function seqOf(record: JsonObject): number {
  const seq = member(record, 'seq')
  return typeof seq === 'number' ? seq : 0
}

/** When a record was made; the beginning of time for one that does not say. */
export function timeOf(record: JsonObject): Instant {
  try {
    return fromRfc3339(textAt(record, 'ts') ?? '')
  } catch {
    return instant(0)
  }
}
