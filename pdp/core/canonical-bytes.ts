import type { JsonValue } from './json.ts'

/**
 * One byte form of a value, type-tagged and length-prefixed: no two different values share it, and no value is a prefix
 * of another. Objects are ordered by member name (UTF-16 order). `undefined` members count as absent.
 *
 * `n` null · `t` true · `f` false · `d<digits>;` number · `s<units>:<text>` string · `a<count>:` list · `o<count>:` object
 *
 * Answered as a string: hashing and map keys take it as it is, and a string is cheaper to build than bytes.
 */
export function canonicalText(value: JsonValue | undefined): string {
  if (value === null) return 'n'
  switch (typeof value) {
    case 'boolean':
      return value ? 't' : 'f'
    case 'number':
      return `d${value};`
    case 'string':
      return `s${value.length}:${value}`
    case 'undefined':
      return 'u'
    case 'object':
      return isList(value) ? canonicalList(value) : canonicalObject(value)
  }
}

// Array.isArray does not narrow a readonly array
const isList = (value: object): value is readonly JsonValue[] => Array.isArray(value)

function canonicalList(list: readonly JsonValue[]): string {
  let text = `a${list.length}:`
  for (const item of list) text += canonicalText(item)
  return text
}

function canonicalObject(object: Readonly<Record<string, JsonValue | undefined>>): string {
  const names = Object.keys(object).sort()
  let count = 0
  let text = ''
  for (const name of names) {
    const value = object[name]
    if (value === undefined) continue
    count++
    text += `s${name.length}:${name}${canonicalText(value)}`
  }
  return `o${count}:${text}`
}
