import { numberOf, type ObjectValue, type SetValue, type Value } from './value.ts'

/**
 * Reads the text that `opa_value_dump` writes: JSON, and sets as `{1, 2}` and `set()`, and any value as an object key.
 * Undefined if it is not such a text, or holds anything behind the value.
 */
export function readValue(text: string): Value | undefined {
  const cursor: Cursor = { text, at: 0, depth: 0 }
  const value = valueAt(cursor)
  if (value === undefined) return undefined
  skipSpace(cursor)
  return cursor.at === text.length ? value : undefined
}

interface Cursor {
  readonly text: string
  at: number
  depth: number
}

const maximumDepth = 2000 // the module's own parser ends before 20,000, this one's stack must too

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const stringPattern = /"[^"\\\u0000-\u001f]*(?:\\.[^"\\\u0000-\u001f]*)*"/y

const words: readonly (readonly [string, Value])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['set()', { kind: 'set', items: [] }],
]

function valueAt(cursor: Cursor): Value | undefined {
  skipSpace(cursor)
  const c = cursor.text[cursor.at]
  if (c === '"') return stringAt(cursor)
  if (c === '[') return nested(cursor, arrayAt)
  if (c === '{') return nested(cursor, objectOrSetAt)
  for (const [word, value] of words) {
    if (!cursor.text.startsWith(word, cursor.at)) continue
    cursor.at += word.length
    return value
  }
  const number = match(cursor, numberPattern)
  return number === undefined ? undefined : numberOf(number)
}

function nested<T>(cursor: Cursor, read: (cursor: Cursor) => T | undefined): T | undefined {
  if (++cursor.depth > maximumDepth) return undefined
  cursor.at++
  const value = read(cursor)
  cursor.depth--
  return value
}

function stringAt(cursor: Cursor): string | undefined {
  const quoted = match(cursor, stringPattern)
  if (quoted === undefined) return undefined
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    const text: unknown = JSON.parse(quoted)
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined // an escape that JSON does not know
  }
}

function arrayAt(cursor: Cursor): readonly Value[] | undefined {
  const items: Value[] = []
  if (taken(cursor, ']')) return items
  do {
    const item = valueAt(cursor)
    if (item === undefined) return undefined
    items.push(item)
  } while (taken(cursor, ','))
  return taken(cursor, ']') ? items : undefined
}

function objectOrSetAt(cursor: Cursor): ObjectValue | SetValue | undefined {
  if (taken(cursor, '}')) return { kind: 'object', entries: [] }
  const first = valueAt(cursor)
  if (first === undefined) return undefined
  return taken(cursor, ':') ? objectFrom(first, cursor) : setFrom(first, cursor)
}

function objectFrom(first: Value, cursor: Cursor): ObjectValue | undefined {
  const entries: (readonly [Value, Value])[] = []
  let key: Value | undefined = first
  for (;;) {
    const value = valueAt(cursor)
    if (value === undefined) return undefined
    entries.push([key, value])
    if (!taken(cursor, ',')) return taken(cursor, '}') ? { kind: 'object', entries } : undefined
    key = valueAt(cursor)
    if (key === undefined || !taken(cursor, ':')) return undefined
  }
}

function setFrom(first: Value, cursor: Cursor): SetValue | undefined {
  const items = [first]
  while (taken(cursor, ',')) {
    const item = valueAt(cursor)
    if (item === undefined) return undefined
    items.push(item)
  }
  return taken(cursor, '}') ? { kind: 'set', items } : undefined
}

function match(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at
  const found = pattern.exec(cursor.text)?.[0]
  if (found !== undefined) cursor.at += found.length
  return found
}

function taken(cursor: Cursor, character: string): boolean {
  skipSpace(cursor)
  if (cursor.text[cursor.at] !== character) return false
  cursor.at++
  return true
}

function skipSpace(cursor: Cursor): void {
  while (cursor.text.charCodeAt(cursor.at) === 0x20) cursor.at++
}
