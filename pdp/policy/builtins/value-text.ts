import { compareValues, sortValues } from '../compare-values.ts'
import { isArrayValue, isNumberValue, isObjectValue, numberText, type Value } from '../value.ts'
import { goQuote } from './go-quote.ts'

/** A value as OPA prints it (`ast.Value.String`): Rego syntax, sets and objects sorted. */
export function valueText(value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return goQuote(value)
  if (isNumberValue(value)) return numberText(value)
  if (isArrayValue(value)) return `[${value.map(valueText).join(', ')}]`
  if (isObjectValue(value)) {
    const entries = value.entries.toSorted(([a], [b]) => compareValues(a, b))
    return `{${entries.map(([key, item]) => `${valueText(key)}: ${valueText(item)}`).join(', ')}}`
  }
  return value.items.length === 0 ? 'set()' : `{${sortValues(value.items).map(valueText).join(', ')}}`
}
