import { isArrayValue, isSetValue, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'

/** `strings.any_prefix_match`: whether any of the first begins with any of the second; each a string, a list or a set. */
export const stringsAnyPrefixMatch: Builtin = {
  name: 'strings.any_prefix_match',
  call(search, base) {
    const [texts, prefixes] = [stringsOf(search), stringsOf(base)]
    return texts && prefixes && texts.some((text) => prefixes.some((prefix) => text.startsWith(prefix)))
  },
}

function stringsOf(value: Value | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  const items = isSetValue(value) ? value.items : isArrayValue(value) ? value : undefined
  const strings = items?.filter((item) => typeof item === 'string')
  return strings?.length === items?.length ? strings : undefined
}
