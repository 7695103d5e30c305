import { isArrayValue, isSetValue, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'

/**
 * `strings.any_prefix_match` and `strings.any_suffix_match`: whether any of the first begins or ends with any of the
 * second; each a string, a list or a set.
 */
export const stringsMatch: readonly Builtin[] = [
  anyOf('strings.any_prefix_match', (text, base) => text.startsWith(base)),
  anyOf('strings.any_suffix_match', (text, base) => text.endsWith(base)),
]

function anyOf(name: string, matches: (text: string, base: string) => boolean): Builtin {
  return {
    name,
    call(search, base) {
      const [texts, bases] = [stringsOf(search), stringsOf(base)]
      return texts && bases && texts.some((text) => bases.some((one) => matches(text, one)))
    },
  }
}

function stringsOf(value: Value | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  const items = isSetValue(value) ? value.items : isArrayValue(value) ? value : undefined
  const strings = items?.filter((item) => typeof item === 'string')
  return strings?.length === items?.length ? strings : undefined
}
