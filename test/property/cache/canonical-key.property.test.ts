import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalText } from '../../../pdp/core/canonical-bytes.ts'
import type { JsonObject, JsonValue } from '../../../pdp/core/json.ts'

// A key may stand for one value alone. The proof is a decoder: what can be read back cannot be shared.

function decode(text: string): JsonValue | undefined {
  let at = 0
  const until = (end: string): string => {
    const found = text.indexOf(end, at)
    const part = text.slice(at, found)
    at = found + 1
    return part
  }
  const take = (count: number): string => text.slice(at, (at += count))
  function value(): JsonValue {
    switch (take(1)) {
      case 'n':
        return null
      case 't':
        return true
      case 'f':
        return false
      case 'd':
        return Number(until(';'))
      case 's':
        return take(Number(until(':')))
      case 'a':
        return Array.from({ length: Number(until(':')) }, value)
      case 'o':
        return Object.fromEntries(Array.from({ length: Number(until(':')) }, () => [String(value()), value()]))
      default:
        throw new Error('no such tag')
    }
  }
  const decoded = value()
  return at === text.length ? decoded : undefined
}

// Texts that look like the encoding itself, so that fields which run into each other would be seen.
const text = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    'true',
    'null',
    's1:a',
    'a1:',
    'o0:',
    'n',
    'd1;',
    ';',
    ':',
    '1:',
    'a',
    'ab',
    'b',
    'é',
    '\u{1f600}',
  ),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
)
const leaf = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, false, 0, 1, 10, '', '1', 'true', 'null'),
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
)
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}))

/** A value and a close relative of it: shifted between neighbours, retyped, reordered, emptied. */
const pair = fc.tuple(value, value, fc.nat(6)).map(([a, b, how]): readonly [JsonValue, JsonValue] => {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)]
  switch (how) {
    case 0:
      return [
        [x, y],
        [x + y.slice(0, 1), y.slice(1)],
      ] // adjacent fields shifted
    case 1:
      return [
        [a, b],
        [b, a],
      ]
    case 2:
      return [
        { a, b },
        { a: b, b: a },
      ]
    case 3:
      return [a, x]
    case 4:
      return [{ a, b: null }, { a }]
    case 5:
      return [
        [a, [b]],
        [[a], b],
      ]
    default:
      return [
        { a, b: [] },
        { a, b: {} },
      ]
  }
})

const same = (a: JsonValue, b: JsonValue): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

function sorted(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const object = value as JsonObject // what is no list is an object
  return Object.keys(object)
    .sort()
    .map((name) => [name, sorted(object[name] ?? null)])
}

type Encoder = (value: JsonValue) => string

/** How many of the near pairs are different values under one key, and how many were different at all. */
function collisions(encode: Encoder, numRuns: number): { readonly found: number; readonly different: number } {
  let found = 0
  let different = 0
  fc.assert(
    fc.property(pair, ([a, b]) => {
      if (same(a, b)) return
      different++
      if (encode(a) === encode(b)) found++
    }),
    { numRuns, seed: 1 },
  )
  return { found, different }
}

test('every encoding reads back as the value it stands for', () => {
  fc.assert(
    fc.property(value, (value) => {
      expect(decode(canonicalText(value))).toEqual(value)
    }),
    { numRuns: 100_000 },
  )
})

test('no two different values share an encoding, in 40,000 close pairs', () => {
  const { found, different } = collisions(canonicalText, 40_000)
  expect(found).toBe(0)
  expect(different).toBeGreaterThan(10_000)
})

test('equal objects share it, whatever the order of their members, and an undefined member is an absent one', () => {
  fc.assert(
    fc.property(fc.dictionary(text, value), (object) => {
      expect(canonicalText(Object.fromEntries(Object.entries(object).reverse()))).toBe(canonicalText(object))
    }),
  )
  expect(canonicalText(['x', { a: 1 }])).not.toBe(canonicalText(['x', { a: null }]))
})

describe('the search for collisions finds them in', () => {
  const join = (value: JsonValue): string => {
    if (typeof value !== 'object' || value === null) return String(value)
    if (Array.isArray(value)) return value.map(join).join('')
    return Object.entries(value)
      .map(([name, item]) => name + join(item))
      .join('')
  }
  const untyped = (value: JsonValue): string => canonicalText(textOf(value))
  const textOf = (value: JsonValue): JsonValue =>
    Array.isArray(value) ? value.map(textOf) : typeof value === 'object' && value !== null ? value : String(value)
  const unordered = (value: JsonValue): string =>
    Array.isArray(value) ? `a${value.length}:${value.map(unordered).sort().join('')}` : canonicalText(value)
  const forgetful = (value: JsonValue): string =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? canonicalText(Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null)))
      : canonicalText(value)

  test.for<readonly [string, Encoder]>([
    ['an encoder without lengths', join],
    ['one without types', untyped],
    ['one without order', unordered],
    ['one that takes null for absent', forgetful],
  ])('%s', ([, encode]) => {
    expect(collisions(encode, 10_000).found).toBeGreaterThan(0)
  })
})
