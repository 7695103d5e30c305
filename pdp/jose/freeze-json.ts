import { isArray, isObject, type JsonValue } from '../core/json.ts'

/** Freezes a JSON value through and through and answers it: parsed tokens are shared between asks. */
export function freezeJson<T extends JsonValue>(value: T): T {
  if (!isArray(value) && !isObject(value)) return value
  for (const item of Object.values<JsonValue>(value)) freezeJson(item)
  return Object.freeze(value)
}
