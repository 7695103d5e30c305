import { describe, expect, test } from 'vitest'
import { canonicalText } from '../../../pdp/core/canonical-bytes.ts'
import type { JsonValue } from '../../../pdp/core/json.ts'

test.for<[JsonValue | undefined, string]>([
  [null, 'n'],
  [true, 't'],
  [false, 'f'],
  [12, 'd12;'],
  [-0.5, 'd-0.5;'],
  ['', 's0:'],
  ['a"b', 's3:a"b'],
  ['\ud83d\ude00', 's2:\ud83d\ude00'],
  [[], 'a0:'],
  [[1, ['x']], 'a2:d1;a1:s1:x'],
  [{}, 'o0:'],
  [{ b: 1, a: null }, 'o2:s1:ans1:bd1;'],
  [undefined, 'u'],
])('%j', ([value, text]) => expect(canonicalText(value)).toBe(text))

test('the order of members does not count, that of a list does', () => {
  expect(canonicalText({ a: 1, b: { c: 2, d: 3 } })).toBe(canonicalText({ b: { d: 3, c: 2 }, a: 1 }))
  expect(canonicalText([1, 2])).not.toBe(canonicalText([2, 1]))
})

test('a member that is undefined counts as absent', () => {
  const object: Readonly<Record<string, JsonValue | undefined>> = { a: 1, b: undefined }
  expect(canonicalText(object as JsonValue)).toBe(canonicalText({ a: 1 })) // what optional members look like at run time
})

describe('values that look alike have different texts', () => {
  test.for<[JsonValue | undefined, JsonValue | undefined]>([
    [1, '1'],
    [null, 'null'],
    [null, undefined],
    [true, 'true'],
    [[], {}],
    [[null], []],
    [['a', 'b'], ['ab']],
    [
      ['a', ''],
      ['', 'a'],
    ],
    [['a,b'], ['a', 'b']],
    ['s1:a', ['a']],
    [
      [['a'], 'b'],
      ['a', ['b']],
    ],
    [{ a: 'b' }, { ab: '' }],
    [{ a: { b: 1 } }, { a: {}, b: 1 }],
    [{ '0': 'a' }, ['a']],
    [{ a: null }, {}],
    ['\u00e9', 'e\u0301'],
    ['s', 'S'],
  ])('%j and %j', ([one, other]) => expect(canonicalText(one)).not.toBe(canonicalText(other)))
})
