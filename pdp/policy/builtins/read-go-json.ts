import { numberOf, type Value } from '../value.ts'

interface Cursor {
  readonly text: string
  readonly keep: 'first' | 'last'
  at: number
  depth: number
}

const maximumDepth = 2000
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const stringPattern = /"[^"\\\u0000-\u001f]*(?:\\.[^"\\\u0000-\u001f]*)*"/y
const spacePattern = /[ \t\r\n]*/y
const words: readonly (readonly [string, Value])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

/**
 * Reads JSON as Go's encoding/json does for OPA: numbers keep their digits, of members with one name the last is kept
 * (or the first), half a surrogate pair becomes U+FFFD. Throws where the text is not JSON, or has more behind it.
 */
export function readGoJson(text: string, keep: 'first' | 'last' = 'last'): Value {
  const cursor: Cursor = { text, keep, at: 0, depth: 0 }
  const value = valueAt(cursor)
  skipSpace(cursor)
  if (cursor.at !== text.length) throw new Error('more behind the JSON value')
  return value
}

/** The first JSON value of a text, whatever follows it: Go's decoder, asked once. */
export const readFirstGoJson = (text: string): Value => valueAt({ text, keep: 'last', at: 0, depth: 0 })

function valueAt(cursor: Cursor): Value {
  skipSpace(cursor)
  const character = cursor.text[cursor.at]
  if (character === '"') return stringAt(cursor)
  if (character === '[' || character === '{') {
    if (++cursor.depth > maximumDepth) throw new Error('JSON nests too deeply')
    cursor.at++
    const value = character === '[' ? arrayAt(cursor) : objectAt(cursor)
    cursor.depth--
    return value
  }
  for (const [word, value] of words) {
    if (!cursor.text.startsWith(word, cursor.at)) continue
    cursor.at += word.length
    return value
  }
  return numberOf(match(cursor, numberPattern))
}

function stringAt(cursor: Cursor): string {
  const text: unknown = JSON.parse(match(cursor, stringPattern))
  if (typeof text !== 'string') throw new Error('not a JSON string')
  return text.toWellFormed()
}

function arrayAt(cursor: Cursor): readonly Value[] {
  const items: Value[] = []
  if (taken(cursor, ']')) return items
  do items.push(valueAt(cursor))
  while (taken(cursor, ','))
  need(cursor, ']')
  return items
}

function objectAt(cursor: Cursor): Value {
  const members = new Map<string, Value>()
  if (taken(cursor, '}')) return { kind: 'object', entries: [] }
  do {
    skipSpace(cursor)
    const name = stringAt(cursor)
    need(cursor, ':')
    const value = valueAt(cursor)
    if (cursor.keep === 'last' || !members.has(name)) members.set(name, value)
  } while (taken(cursor, ','))
  need(cursor, '}')
  return { kind: 'object', entries: [...members] }
}

function match(cursor: Cursor, pattern: RegExp): string {
  pattern.lastIndex = cursor.at
  const found = pattern.exec(cursor.text)?.[0]
  if (found === undefined) throw new Error('not JSON')
  cursor.at += found.length
  return found
}

function taken(cursor: Cursor, character: string): boolean {
  skipSpace(cursor)
  if (cursor.text[cursor.at] !== character) return false
  cursor.at++
  return true
}

function need(cursor: Cursor, character: string): void {
  if (!taken(cursor, character)) throw new Error('not JSON')
}

function skipSpace(cursor: Cursor): void {
  spacePattern.lastIndex = cursor.at
  spacePattern.exec(cursor.text)
  cursor.at = spacePattern.lastIndex
}
