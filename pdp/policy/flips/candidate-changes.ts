import { isArray, type JsonArray, type JsonValue } from '../../core/json.ts'
import type { Fact } from './changeable-facts.ts'

/** One fact, otherwise. */
export interface Change {
  readonly path: readonly string[]
  readonly from?: JsonValue
  /** Absent: the fact is taken away. */
  readonly to?: JsonValue
}

/**
 * Changes of facts that may matter, the likeliest first: of `words`, which stand in this order, the first for every fact,
 * then the second, and at last facts taken away. Types are kept, since Rego orders values of all types: `true` would pass
 * for less than 10.
 */
export function candidateChanges(facts: readonly Fact[], words: readonly JsonValue[]): readonly Change[] {
  const changes = facts.map((fact) => changesOf(fact, words))
  const longest = Math.max(0, ...changes.map(({ length }) => length))
  const inTurn = Array.from({ length: longest }, (_, i) => changes.flatMap((each) => each[i] ?? []))
  return [...inTurn.flat(), ...facts.flatMap(removalOf)]
}

function changesOf(fact: Fact, words: readonly JsonValue[]): readonly Change[] {
  const { path, value } = fact
  const found = new Map<string, JsonValue>()
  for (const to of valuesFor(fact, words))
    if (JSON.stringify(to) !== JSON.stringify(value)) found.set(JSON.stringify(to), to)
  return [...found.values()].map((to) => ({ path, to, ...(value !== undefined && { from: value }) }))
}

function valuesFor({ value, values, type }: Fact, words: readonly JsonValue[]): JsonArray {
  if (values) return typeof value === 'number' ? nearest(values, value) : values
  if (typeof value === 'boolean' || (value === undefined && type === 'boolean')) return [value !== true]
  if (isArray(value)) {
    const items = words.filter((item) => typeof item === 'string' && !value.includes(item))
    return items.map((item) => [...value, item])
  }
  if (value === undefined && type === undefined) return [true, ...words]
  const wanted = value === undefined ? (type === 'integer' ? 'number' : type) : typeof value
  const fitting = words.filter((item) => typeof item === wanted)
  if (wanted !== 'number') return fitting
  const around = fitting.flatMap((number) =>
    typeof number === 'number' ? [number, number + 1, number - 1].filter((n) => Number.isSafeInteger(n)) : [],
  )
  return nearest(around, typeof value === 'number' ? value : 0)
}

/** The least change of a number first. */
const nearest = (numbers: JsonArray, to: number): JsonArray =>
  numbers.toSorted((a, b) => Math.abs(Number(a) - to) - Math.abs(Number(b) - to))

const removalOf = ({ path, value, optional }: Fact): readonly Change[] =>
  value !== undefined && optional ? [{ path, from: value }] : []
