import type { BareItem, Dictionary, InnerList, Item, Parameters } from './structured-field.ts'

/**
 * Reads a dictionary (RFC 9651 §4.2.2), the whole text or nothing; undefined for what is none. Stricter than the RFC, since
 * what is read decides who is trusted: a key that stands twice refuses, where the RFC takes the last, and bytes must be
 * the one base64 text that they have. Display strings are refused: no field that is read here has one.
 */
export function readDictionary(text: string): Dictionary | undefined {
  const cursor: Cursor = { text, at: 0 }
  const members = new Map<string, Item | InnerList>()
  skip(cursor, spaces)
  while (cursor.at < text.length) {
    const key = take(cursor, keyForm)
    if (key === undefined || members.has(key)) return undefined
    const value = text[cursor.at] === '=' ? readMember(cursor) : readFlag(cursor)
    if (!value) return undefined
    members.set(key, value)
    skip(cursor, blanks)
    if (cursor.at === text.length) return members
    if (text[cursor.at++] !== ',') return undefined
    skip(cursor, blanks)
    if (cursor.at === text.length) return undefined // a comma at the end
  }
  return members
}

interface Cursor {
  readonly text: string
  at: number
}

const spaces = / */y
const blanks = /[ \t]*/y
const keyForm = /[a-z*][a-z0-9_.*-]*/y
const numberForm = /-?[0-9]+(?:\.[0-9]+)?/y
const dateForm = /@-?[0-9]{1,15}/y
const stringForm = /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y
const tokenForm = /[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*/y
const bytesForm = /:[A-Za-z0-9+/]*={0,2}:/y
const booleanForm = /\?[01]/y

/** What stands at the cursor in that form, which must be sticky; the cursor goes behind it. */
function take(cursor: Cursor, form: RegExp): string | undefined {
  form.lastIndex = cursor.at
  const found = form.exec(cursor.text)?.[0]
  if (found !== undefined) cursor.at += found.length
  return found
}

const skip = (cursor: Cursor, form: RegExp): void => void take(cursor, form)

function readMember(cursor: Cursor): Item | InnerList | undefined {
  cursor.at++
  return cursor.text[cursor.at] === '(' ? readInnerList(cursor) : readItem(cursor)
}

function readFlag(cursor: Cursor): Item | undefined {
  const parameters = readParameters(cursor)
  return parameters && { bare: { kind: 'boolean', value: true }, parameters }
}

/** §4.2.1.2 */
function readInnerList(cursor: Cursor): InnerList | undefined {
  cursor.at++
  const items: Item[] = []
  for (;;) {
    skip(cursor, spaces)
    if (cursor.text[cursor.at] === ')') {
      cursor.at++
      const parameters = readParameters(cursor)
      return parameters && { items, parameters }
    }
    const item = readItem(cursor)
    if (!item) return undefined
    items.push(item)
    const next = cursor.text[cursor.at]
    if (next !== ' ' && next !== ')') return undefined
  }
}

function readItem(cursor: Cursor): Item | undefined {
  const bare = readBare(cursor)
  const parameters = bare && readParameters(cursor)
  return bare && parameters && { bare, parameters }
}

/** §4.2.3.2 */
function readParameters(cursor: Cursor): Parameters | undefined {
  const parameters = new Map<string, BareItem>()
  while (cursor.text[cursor.at] === ';') {
    cursor.at++
    skip(cursor, spaces)
    const key = take(cursor, keyForm)
    if (key === undefined || parameters.has(key)) return undefined
    let value: BareItem | undefined = { kind: 'boolean', value: true }
    if (cursor.text[cursor.at] === '=') {
      cursor.at++
      value = readBare(cursor)
    }
    if (!value) return undefined
    parameters.set(key, value)
  }
  return parameters
}

/** §4.2.3.1: the first character says which kind it is. */
function readBare(cursor: Cursor): BareItem | undefined {
  const first = cursor.text[cursor.at] ?? ''
  if (first === '"') return readString(take(cursor, stringForm))
  if (first === ':') return readBytes(take(cursor, bytesForm))
  if (first === '?') {
    const flag = take(cursor, booleanForm)
    return flag === undefined ? undefined : { kind: 'boolean', value: flag === '?1' }
  }
  if (first === '@') {
    const date = take(cursor, dateForm)
    return date === undefined ? undefined : { kind: 'date', value: plain(Number(date.slice(1))) }
  }
  if (/[0-9-]/.test(first)) return readNumber(take(cursor, numberForm))
  const token = take(cursor, tokenForm)
  return token === undefined ? undefined : { kind: 'token', value: token }
}

const readString = (quoted: string | undefined): BareItem | undefined =>
  quoted === undefined ? undefined : { kind: 'string', value: quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1') }

function readBytes(quoted: string | undefined): BareItem | undefined {
  const text = quoted?.slice(1, -1)
  if (text === undefined) return undefined
  const value = Buffer.from(text, 'base64')
  return value.toString('base64') === text ? { kind: 'bytes', value } : undefined
}

/** §4.2.4: fifteen digits, or twelve before the point and three behind it. */
function readNumber(digits: string | undefined): BareItem | undefined {
  if (digits === undefined) return undefined
  const [whole = '', fraction] = digits.replace('-', '').split('.')
  if (fraction === undefined) {
    return whole.length <= 15 ? { kind: 'integer', value: plain(Number(digits)) } : undefined
  }
  return whole.length <= 12 && fraction.length <= 3 ? { kind: 'decimal', value: plain(Number(digits)) } : undefined
}

/** There is no negative zero (§4.1.4). */
const plain = (value: number): number => (value === 0 ? 0 : value)
