import { isArray, isObject, type JsonObject, type JsonValue } from '../../../pdp/core/json.ts'
import type { Outcome } from '../../../pdp/policy/instance.ts'
import { readValue } from '../../../pdp/policy/read-value.ts'
import {
  isArrayValue,
  isNumberValue,
  isObjectValue,
  isSetValue,
  numberText,
  type ObjectValue,
  type Value,
} from '../../../pdp/policy/value.ts'

/** What a peer answers: the values of all ways in which the question holds, or that it stopped. */
export type PeerAnswer =
  | { readonly kind: 'values'; readonly values: readonly JsonValue[] }
  | { readonly kind: 'error'; readonly message: string }

/** What we answer, in the same form but with nothing lost. */
export type OwnAnswer =
  | { readonly kind: 'values'; readonly values: readonly Value[] }
  | { readonly kind: 'error'; readonly message: string }

/** Reads a result set: rows of one binding each. */
export function readOutcomeRows(outcome: Outcome): OwnAnswer {
  if (outcome.kind !== 'result') return { kind: 'error', message: outcome.kind === 'trap' ? 'trap' : outcome.message }
  const value = readValue(outcome.text)
  const rows = isSetValue(value) ? value.items : isArrayValue(value) ? value : undefined
  if (!rows) return { kind: 'error', message: `not a result set: ${outcome.text}` }
  return { kind: 'values', values: rows.map(valueOfRow) }
}

function valueOfRow(row: Value): Value {
  const [only, ...more] = isObjectValue(row) ? row.entries : []
  return only === undefined || more.length > 0 ? row : only[1]
}

/**
 * Whether a peer that knows no sets and no numbers beyond doubles can have meant the same. With `compiled` the peer is one
 * that goes through sets and objects in their sorted order, where a compiled policy takes the order of hashes, in any
 * host: a list that a comprehension makes of a set may be in any order, and so may what a template writes of an object,
 * whose texts it escapes as JSON does and not as Go.
 */
export function agrees(ours: OwnAnswer, theirs: PeerAnswer, order: Order = 'kept'): boolean {
  if (ours.kind === 'error' || theirs.kind === 'error') return ours.kind === theirs.kind
  return sameInAnyOrder(ours.values, theirs.values, order)
}

type Order = 'kept' | 'compiled'

function same(ours: Value, theirs: JsonValue, order: Order): boolean {
  if (isNumberValue(ours)) return typeof theirs === 'number' && Number(numberText(ours)) === theirs
  if (isArrayValue(ours)) return isArray(theirs) && sameList(ours, theirs, order)
  if (isSetValue(ours)) return isArray(theirs) && sameInAnyOrder(ours.items, theirs, order)
  if (isObjectValue(ours)) return isObject(theirs) && sameObject(ours, theirs, order)
  if (typeof ours === 'string' && typeof theirs === 'string' && order === 'compiled')
    return ours === theirs || charactersOf(ours) === charactersOf(theirs)
  return ours === theirs
}

/** The characters of a text without their order and their escapes. */
const charactersOf = (text: string): string =>
  [
    ...text.replaceAll(/\\(?:x|u)([0-9a-f]{4}|[0-9a-f]{2})/g, (_, code: string) =>
      String.fromCodePoint(parseInt(code, 16)),
    ),
  ]
    .sort()
    .join('')

const sameList = (ours: readonly Value[], theirs: readonly JsonValue[], order: Order): boolean =>
  order === 'compiled'
    ? sameInAnyOrder(ours, theirs, order)
    : ours.length === theirs.length && ours.every((item, i) => same(item, theirs[i] ?? null, order))

function sameInAnyOrder(ours: readonly Value[], theirs: readonly JsonValue[], order: Order): boolean {
  if (ours.length !== theirs.length) return false
  const left = [...theirs]
  return ours.every((item) => {
    const at = left.findIndex((other) => same(item, other, order))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}

/** Keys that are no strings come as the texts of their JSON, where two may become one. */
function sameObject({ entries }: ObjectValue, theirs: JsonObject, order: Order): boolean {
  const names = Object.keys(theirs)
  const matches = (key: Value, name: string): boolean =>
    typeof key === 'string' ? key === name : same(key, parsed(name), order)
  if (entries.every(([key]) => typeof key === 'string'))
    return (
      entries.length === names.length &&
      entries.every(
        ([key, item]) => Object.hasOwn(theirs, String(key)) && same(item, theirs[String(key)] ?? null, order),
      )
    )
  return (
    entries.every(([key]) => names.some((name) => matches(key, name))) &&
    names.every((name) => entries.some(([key, item]) => matches(key, name) && same(item, theirs[name] ?? null, order)))
  )
}

function parsed(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text)
    return value
  } catch {
    return text
  }
}
