import { type Clause, clauses } from './clause.ts'
import type { RefusalCode } from './codes.ts'
import { findDuplicate } from './find-duplicate.ts'
import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from './json.ts'
import { ok, type Result, refuse } from './result.ts'

/** Bounds of one JSON text. Lengths in UTF-16 code units, the rest in counts. */
export interface JsonLimits {
  readonly length: number
  readonly depth: number
  readonly membersPerObject: number
  readonly members: number
  readonly stringLength: number
}

export const jsonClauses = clauses({
  size: 'json-size',
  syntax: 'json-syntax',
  depth: 'json-depth',
  duplicate: 'json-duplicate-key',
  proto: 'json-proto-key',
  members: 'json-members',
  stringLength: 'json-string-length',
  number: 'json-number',
  surrogate: 'json-lone-surrogate',
})

/**
 * Reads I-JSON (RFC 7493): no member name twice (§2.3), no lone surrogate (§2.1), no number that a double cannot carry
 * (§2.2), within limits. Refuses with the caller's `code`; the detail ends with the JSON Pointer of the fault.
 *
 * Duplicates are found by counting: the text holds as many member separators as the parsed value holds members, unless
 * a later member replaced an earlier one.
 */
export function readJson(text: string, limits: JsonLimits, code: RefusalCode): Result<JsonValue> {
  if (text.length > limits.length) return refuse(code, jsonClauses.size, `longer than ${limits.length} characters`)
  const scanned = scan(text, limits)
  if (typeof scanned !== 'number') return refuse(code, scanned.clause, scanned.detail)
  if (scanned > limits.members) return refuse(code, jsonClauses.members, `more than ${limits.members} members`)
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue // what JSON.parse answers is a JsonValue by definition
  } catch {
    return refuse(code, jsonClauses.syntax, 'not well-formed JSON') // the engine's message quotes the text
  }
  const members = countMembers(value, limits)
  if (typeof members !== 'number') return refuse(code, members.clause, members.detail)
  if (members !== scanned) {
    return refuse(code, jsonClauses.duplicate, `a member name stands twice at ${shown(findDuplicate(text))}`)
  }
  return ok(value)
}

interface Fault {
  readonly clause: Clause
  readonly detail: string
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const maximumSignificantDigits = 17 // what a double can need at most

/** One pass over the text before it is parsed: depth, number length; answers the count of member separators. */
function scan(text: string, limits: JsonLimits): number | Fault {
  let depth = 0
  let separators = 0
  let digits = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inString) {
      if (c === BACKSLASH) i++
      else if (c === QUOTE) inString = false
      continue
    }
    if (c >= 0x30 && c <= 0x39) {
      if (c === 0x30 && digits === 0) continue // leading zeros carry nothing: 0.000012345678901234568
      if (++digits > maximumSignificantDigits) {
        return { clause: jsonClauses.number, detail: `more than ${maximumSignificantDigits} digits in a number` }
      }
      continue
    }
    if (c === 0x2e) continue // '.': digits on both sides belong to one number
    digits = 0
    if (c === QUOTE) inString = true
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > limits.depth) return { clause: jsonClauses.depth, detail: `nested deeper than ${limits.depth}` }
    } else if (c === 0x7d || c === 0x5d) depth--
    else if (c === 0x3a) separators++
  }
  return separators
}

/** Walks the parsed value: exact numbers, well-formed text, member names and counts. Answers the count of members. */
function countMembers(value: JsonValue, limits: JsonLimits): number | Fault {
  let members = 0
  const path: (string | number)[] = [] // to where the walk is; made into text only for a fault
  const fault = (clause: Clause, what: string): Fault => ({ clause, detail: `${what} at ${shown(pointerOf(path))}` })

  function text(value: string): Fault | undefined {
    if (value.length > limits.stringLength) return fault(jsonClauses.stringLength, 'string too long')
    return value.isWellFormed() ? undefined : fault(jsonClauses.surrogate, 'a lone surrogate')
  }
  function visit(value: JsonValue): Fault | undefined {
    if (typeof value === 'string') return text(value)
    if (typeof value === 'number') return isExact(value) ? undefined : fault(jsonClauses.number, 'not an exact number')
    if (isArray(value)) return list(value)
    return isObject(value) ? object(value) : undefined
  }
  function list(value: JsonArray): Fault | undefined {
    for (let i = 0; i < value.length; i++) {
      path.push(i)
      const found = visit(value[i] ?? null)
      if (found) return found
      path.pop()
    }
    return undefined
  }
  function object(value: JsonObject): Fault | undefined {
    const names = Object.keys(value)
    members += names.length
    if (names.length > limits.membersPerObject || members > limits.members) {
      return fault(jsonClauses.members, 'too many members')
    }
    for (const name of names) {
      if (name === '__proto__') return fault(jsonClauses.proto, 'a member named __proto__')
      const misnamed = text(name)
      if (misnamed) return misnamed
      path.push(name)
      const found = visit(value[name] ?? null)
      if (found) return found
      path.pop()
    }
    return undefined
  }
  return visit(value) ?? members
}

// RFC 7493 §2.2; a negative zero is refused too, since it is written back as another text
const isExact = (n: number): boolean =>
  Number.isFinite(n) && (!Number.isInteger(n) || Number.isSafeInteger(n)) && !Object.is(n, -0)

const pointerOf = (path: readonly (string | number)[]): string => path.map((step) => `/${step}`).join('')

// The sender chose the names in a pointer: shown cut, and quoted as JSON text.
const shown = (at: string): string => (at === '' ? 'the top level' : JSON.stringify(at.slice(0, 80)))
