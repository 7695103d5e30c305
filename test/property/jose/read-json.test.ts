import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../../pdp/core/json.ts'
import { type JsonLimits, jsonClauses, readJson } from '../../../pdp/core/read-json.ts'

const limits: JsonLimits = { length: 100_000, depth: 32, membersPerObject: 1000, members: 10_000, stringLength: 10_000 }
const read = (text: string) => readJson(text, limits, 'REQUEST_MALFORMED')
const runs = { numRuns: 2000, seed: 7 }

const names = fc.string({ unit: 'binary', maxLength: 6 }).filter((name) => name !== '__proto__' && name.isWellFormed())
const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n)),
    fc.maxSafeInteger().filter((n) => !Object.is(n, -0)),
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(names, tie('json'), { maxKeys: 5, noNullPrototype: true }),
  ),
}))

describe('readJson', () => {
  test('reads what JSON.stringify writes of exact values, in any spacing, as JSON.parse does', () => {
    const spacing = fc.constantFrom(0, 1, '\t', '\r\n')
    fc.assert(
      fc.property(json, spacing, (value, space) => {
        const text = JSON.stringify(value, null, space)
        expect(read(text)).toEqual({ ok: true, value: JSON.parse(text) })
      }),
      runs,
    )
  })

  test('accepts no text that JSON.parse refuses, and answers what it answers', () => {
    const mutated = fc.tuple(json, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 })).map(([value, at, put]) => {
      const text = JSON.stringify(value)
      const cut = at % (text.length + 1)
      return text.slice(0, cut) + put + text.slice(cut + (at % 2))
    })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: 'binary' })), (text) => {
        const result = read(text)
        if (result.ok) expect(result.value).toEqual(JSON.parse(text))
      }),
      runs,
    )
  })

  test('finds every duplicate, at any depth and in any spelling', () => {
    let planted = 0
    fc.assert(
      fc.property(json, fc.nat(), names, json, json, fc.boolean(), (value, at, name, one, other, escaped) => {
        const text = withObject(value, at, duplicated(name, one, other, escaped))
        planted++
        expect(read(text)).toMatchObject({ ok: false, clause: jsonClauses.duplicate })
        const single = withObject(value, at, `{${JSON.stringify(name)}:${JSON.stringify(one)}}`)
        expect(read(single)).toMatchObject({ ok: true })
      }),
      runs,
    )
    expect(planted).toBe(runs.numRuns)
  })
})

const escape = (name: string) =>
  `"${Array.from({ length: name.length }, (_, i) => `\\u${name.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`

const duplicated = (name: string, one: JsonValue, other: JsonValue, escaped: boolean): string =>
  `{${JSON.stringify(name)}:${JSON.stringify(one)},${escaped ? escape(name) : JSON.stringify(name)}:${JSON.stringify(other)}}`

/** The text of a value with the object's text in place of one of its leaves. */
function withObject(value: JsonValue, at: number, object: string): string {
  const mark = '\u0000planted\u0000'
  const leaves = countLeaves(value)
  let left = at % leaves
  const text = JSON.stringify(plant(value))
  return text.replace(JSON.stringify(mark), () => object)

  function plant(part: JsonValue): JsonValue {
    if (isList(part) && part.length > 0) return part.map(plant)
    if (typeof part === 'object' && part !== null && !isList(part) && Object.keys(part).length > 0) {
      return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, plant(inner)]))
    }
    return left-- === 0 ? mark : part
  }
}

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value)

function countLeaves(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 1
  const inner = Object.values<JsonValue>(value)
  return inner.length === 0 ? 1 : inner.reduce<number>((sum, part) => sum + countLeaves(part), 0)
}
