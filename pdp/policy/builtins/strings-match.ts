import { isArrayValue, isSetValue, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'

/**
 * `strings.any_prefix_match` and `strings.any_suffix_match`: whether any of the first begins or ends with any of the
 * second; each a string, a list or a set.
 */
export const stringsMatch: readonly Builtin[] = [
  anyOf('strings.any_prefix_match', (text, length) => text.slice(0, length)),
  anyOf('strings.any_suffix_match', (text, length) => text.slice(text.length - length)),
]

/** Looks each end of a text up among the bases of its length: trying all with all takes long for two long lists. */
function anyOf(name: string, end: (text: string, length: number) => string): Builtin {
  return {
    name,
    call(search, base) {
      const [texts, bases] = [stringsOf(search), stringsOf(base)]
      if (!texts || !bases) return undefined
      const byLength = Map.groupBy(new Set(bases), (base) => base.length)
      const sets = [...byLength].map(([length, group]) => [length, new Set(group)] as const)
      return texts.some((text) => sets.some(([length, set]) => length <= text.length && set.has(end(text, length))))
    },
  }
}

function stringsOf(value: Value | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  const items = isSetValue(value) ? value.items : isArrayValue(value) ? value : undefined
  const strings = items?.filter((item) => typeof item === 'string')
  return strings?.length === items?.length ? strings : undefined
}
