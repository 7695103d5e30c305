import { compareText } from '../compare-values.ts'

/**
 * The text that OPA hashes of a JSON document (v1/bundle/hash.go): no space, members sorted by the bytes of their
 * names, numbers in the spelling they came in, strings escaped as Go does without its escapes for HTML.
 *
 * Undefined where that text would stand for more than one document: what is not well-formed JSON, a member name twice,
 * a lone surrogate (Go reads every one as U+FFFD). And for what is nested deeper than a bundle may be.
 */
export function canonicalJson(text: string): string | undefined {
  try {
    JSON.parse(text) // from here on the text is known to be well-formed, and is only cut into its parts
  } catch {
    return undefined
  }
  return valueAt({ text, at: 0 }, 0)
}

interface Cursor {
  readonly text: string
  at: number
}

const maximumDepth = 512
const literalPattern = /[^,\]} \t\n\r]+/y
const escapedPattern = /["\\\u0000-\u001f\u2028\u2029]/

function valueAt(cursor: Cursor, depth: number): string | undefined {
  skipSpace(cursor)
  const c = cursor.text[cursor.at]
  if (c === '"') {
    const value = stringAt(cursor)
    return value === undefined ? undefined : quote(value)
  }
  if (c !== '{' && c !== '[') return literalAt(cursor)
  if (depth === maximumDepth) return undefined
  return c === '{' ? objectAt(cursor, depth + 1) : arrayAt(cursor, depth + 1)
}

function arrayAt(cursor: Cursor, depth: number): string | undefined {
  const items: string[] = []
  cursor.at++
  while (!closes(cursor, ']')) {
    const item = valueAt(cursor, depth)
    if (item === undefined) return undefined
    items.push(item)
  }
  return `[${items.join(',')}]`
}

function objectAt(cursor: Cursor, depth: number): string | undefined {
  const members: (readonly [name: string, value: string])[] = []
  cursor.at++
  while (!closes(cursor, '}')) {
    const name = stringAt(cursor)
    skipSpace(cursor)
    cursor.at++ // the colon
    const value = valueAt(cursor, depth)
    if (name === undefined || value === undefined) return undefined
    members.push([name, value])
  }
  members.sort(([a], [b]) => compareText(a, b))
  if (members.some(([name], i) => name === members[i - 1]?.[0])) return undefined
  return `{${members.map(([name, value]) => `${quote(name)}:${value}`).join(',')}}`
}

/** Moves to the next item, or behind the end; true at the end. */
function closes(cursor: Cursor, end: string): boolean {
  skipSpace(cursor)
  const c = cursor.text[cursor.at]
  if (c === end || c === ',') cursor.at++
  skipSpace(cursor)
  return c === end
}

/** The content of the string here; undefined if it holds a lone surrogate. */
function stringAt(cursor: Cursor): string | undefined {
  const start = cursor.at
  let end = cursor.text.indexOf('"', start + 1)
  while (isEscaped(cursor.text, end)) end = cursor.text.indexOf('"', end + 1)
  cursor.at = end + 1
  const inner = cursor.text.slice(start + 1, end)
  const value = inner.includes('\\') ? (JSON.parse(`"${inner}"`) as string) : inner // a string literal gives a string
  return value.isWellFormed() ? value : undefined
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

// JSON.stringify escapes as Go does, but for the two line separators, which Go escapes for JavaScript's sake
const quote = (value: string): string =>
  escapedPattern.test(value)
    ? JSON.stringify(value).replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`)
    : `"${value}"`

/** A number in its own spelling, or a word. */
function literalAt(cursor: Cursor): string {
  const start = cursor.at
  literalPattern.lastIndex = start
  literalPattern.test(cursor.text)
  cursor.at = literalPattern.lastIndex
  return cursor.text.slice(start, cursor.at)
}

function skipSpace(cursor: Cursor): void {
  while (' \t\n\r'.includes(cursor.text[cursor.at] ?? '.')) cursor.at++
}
