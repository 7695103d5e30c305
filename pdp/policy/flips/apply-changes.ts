import { isArray, isObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Change } from './candidate-changes.ts'

/** A document with facts changed; objects on the way to a new fact are made. */
export const applyChanges = (document: JsonObject, changes: readonly Change[]): JsonObject =>
  changes.reduce((changed, { path, to }) => changeAt(changed, path, to) as JsonObject, document) // an object stays one

function changeAt(value: JsonValue | undefined, path: readonly string[], to: JsonValue | undefined): JsonValue {
  const [name, ...rest] = path
  if (name === undefined) return to ?? null
  if (isArray(value)) {
    const index = Number(name)
    return to === undefined && rest.length === 0
      ? value.filter((_, i) => i !== index)
      : value.map((item, i) => (i === index ? changeAt(item, rest, to) : item))
  }
  const { [name]: before, ...others } = isObject(value) ? value : ({} as JsonObject)
  return to === undefined && rest.length === 0 ? others : { ...others, [name]: changeAt(before, rest, to) }
}
