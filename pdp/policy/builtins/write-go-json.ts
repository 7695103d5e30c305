import { compareText, compareValues, sortValues } from '../compare-values.ts'
import { isArrayValue, isNumberValue, isObjectValue, numberText, type Value } from '../value.ts'

/**
 * A value as Go's `json.Marshal` writes what OPA makes of it: sets as sorted lists, names sorted, a key that is no
 * string by its own JSON text, numbers by their digits, and `<`, `>`, `&` and the line separators escaped.
 */
export function writeGoJson(value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quoted(value)
  if (isNumberValue(value)) return numberText(value)
  if (isArrayValue(value)) return `[${value.map(writeGoJson).join(',')}]`
  if (!isObjectValue(value)) return `[${sortValues(value.items).map(writeGoJson).join(',')}]`
  const members = new Map<string, Value>()
  // two keys may have one text; the later in Rego's order stays
  for (const [key, item] of value.entries.toSorted(([a], [b]) => compareValues(a, b))) {
    members.set(typeof key === 'string' ? key : writeGoJson(key), item)
  }
  const sorted = [...members].sort(([a], [b]) => compareText(a, b))
  return `{${sorted.map(([name, item]) => `${quoted(name)}:${writeGoJson(item)}`).join(',')}}`
}

const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
