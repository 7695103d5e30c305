import { compareText, compareValues, sortValues } from '../compare-values.ts'
import { isArrayValue, isObjectValue, isSetValue, objectOf, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { goText } from './go-utf8.ts'
import { writeGoJson } from './write-go-json.ts'

/** `urlquery.encode`, `decode`, `encode_object` and `decode_object`: queries as Go's net/url writes and reads them. */
export const urlQuery: readonly Builtin[] = [
  { name: 'urlquery.encode', call: (text) => (typeof text === 'string' ? escape(text) : undefined) },
  { name: 'urlquery.decode', call: (text) => (typeof text === 'string' ? unescape(text) : undefined) },
  { name: 'urlquery.encode_object', call: encodeObject },
  { name: 'urlquery.decode_object', call: (text) => (typeof text === 'string' ? decodeObject(text) : undefined) },
]

// encodeURIComponent leaves !'()* alone, which Go escapes
const escape = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')

function unescape(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined
  const bytes: number[] = []
  const given = Buffer.from(text.replaceAll('+', ' '))
  for (let at = 0; at < given.length; at++) {
    const percent = given[at] === 0x25
    bytes.push(percent ? Number.parseInt(given.toString('latin1', at + 1, at + 3), 16) : (given[at] ?? 0))
    if (percent) at += 2
  }
  return goText(Uint8Array.from(bytes))
}

function encodeObject(value: Value | undefined): string | undefined {
  if (!isObjectValue(value)) return undefined
  const pairs: string[] = []
  // two keys may have one text; the later in Rego's order stays
  const sorted = value.entries.toSorted(([a], [b]) => compareValues(a, b))
  const named = new Map(sorted.map(([key, item]) => [typeof key === 'string' ? key : writeGoJson(key), item]))
  for (const [name, item] of [...named].sort(([a], [b]) => compareText(a, b))) {
    const texts = isSetValue(item) ? sortValues(item.items) : isArrayValue(item) ? item : [item]
    for (const text of texts) {
      if (typeof text !== 'string') return undefined
      pairs.push(`${escape(name)}=${escape(text)}`)
    }
  }
  return pairs.join('&')
}

function decodeObject(query: string): Value | undefined {
  const found = new Map<string, string[]>()
  for (const pair of query.split('&').filter((part) => part !== '')) {
    if (pair.includes(';')) return undefined // Go takes it for a separator that is no longer one
    const equals = pair.indexOf('=')
    const name = unescape(equals < 0 ? pair : pair.slice(0, equals))
    const value = unescape(equals < 0 ? '' : pair.slice(equals + 1))
    if (name === undefined || value === undefined) return undefined
    const before = found.get(name)
    if (before) before.push(value)
    else found.set(name, [value])
  }
  return objectOf(...found)
}
