import { type BigNumber, numberText, type Value } from './value.ts'

/** Writes a value as the text that `opa_value_parse` reads. Strings must be well-formed; `undefined` is no value. */
export function writeValue(value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return numberText(value)
  return isList(value) ? `[${value.map(writeValue).join(',')}]` : writeTagged(value)
}

type Tagged = Exclude<Value, null | boolean | number | string | readonly Value[]>

function writeTagged(value: Tagged): string {
  switch (value.kind) {
    case 'number':
      return numberText(value satisfies BigNumber)
    case 'set':
      return value.items.length === 0 ? 'set()' : `{${value.items.map(writeValue).join(',')}}`
    case 'object':
      return `{${value.entries.map(([key, item]) => `${writeValue(key)}:${writeValue(item)}`).join(',')}}`
  }
}

// Array.isArray does not narrow a readonly array
const isList = (value: Value): value is readonly Value[] => Array.isArray(value)
