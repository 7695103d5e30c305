import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { builtins } from '../../../../pdp/policy/builtins/list.ts'
import { objectSubset } from '../../../../pdp/policy/builtins/object-subset.ts'
import { sprintf } from '../../../../pdp/policy/builtins/sprintf.ts'
import { stringsMatch } from '../../../../pdp/policy/builtins/strings-match.ts'
import { timeParseRfc3339Ns } from '../../../../pdp/policy/builtins/time-parse-rfc3339.ts'
import { readValue } from '../../../../pdp/policy/read-value.ts'
import { numberText, setOf, type Value } from '../../../../pdp/policy/value.ts'

interface Vectors {
  readonly sprintf: readonly { readonly format: string; readonly args: readonly string[]; readonly want: string }[]
  readonly times: readonly { readonly text: string; readonly ns: string | null }[]
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('./go-vectors.json', import.meta.url), 'utf8'))

/** A value from Rego text, which must be one. */
function rego(text: string): Value {
  const value = readValue(text)
  if (value === undefined) throw new Error(`no value: ${text}`)
  return value
}

// Operands are JSON texts, which may hold escapes of characters that a dump has as they are.
const operand = (text: string): Value => (text.startsWith('"') ? String(JSON.parse(text)) : rego(text))

test('sprintf answers as Go does', () => {
  for (const { format, args, want } of vectors.sprintf)
    expect({ format, args, got: sprintf.call(format, args.map(operand)) }).toEqual({ format, args, got: want })
  expect(vectors.sprintf.length).toBeGreaterThan(300)
})

test.for([
  ['%v %v %v', '[null, true, [1, "a"]]', 'null true [1, "a"]'],
  ['%s', '[{3, 1, "b", {"y": 1, "x": set()}}]', '{1, 3, "b", {"x": set(), "y": 1}}'],
  ['%d', '["7"]', '%!d(string=7)'],
  ['%t', '[true]', '%!t(string=true)'],
  ['%d items', '[]', '%!d(MISSING) items'],
  ['plain', '[1, "x"]', 'plain%!(EXTRA int64=1, string=x)'],
  ['%d', '[12345678901234567890123]', '12345678901234567890123'],
  ['%v', '[{"\\n": "\u{1f600}"}]', '{"\\n": "\u{1f600}"}'],
])('sprintf(%j, %s)', ([format, values, want]) => {
  expect(sprintf.call(format ?? '', rego(values ?? ''))).toBe(want)
})

test.for<readonly [string, ...Value[]]>([
  ['no format', 1, []],
  ['no list', '%d', setOf(1)],
  ['an address', '%p', [rego('123456789012345678901234567890')]],
])('sprintf is undefined for %s', ([, ...operands]) => {
  let answer: Value | undefined
  try {
    answer = sprintf.call(...operands)
  } catch {
    answer = undefined // the host takes a throw for undefined
  }
  expect(answer).toBeUndefined()
})

test('a format cannot ask for more than a megabyte', () => {
  expect(() => sprintf.call('%999999d%999999d%d', [1, 2, 3])).toThrow(RangeError)
})

test('time.parse_rfc3339_ns answers as Go does', () => {
  for (const { text, ns } of vectors.times) {
    const got = timeParseRfc3339Ns.call(text)
    const shown =
      typeof got === 'number' || (typeof got === 'object' && got !== null && 'text' in got) ? numberText(got) : null
    expect({ text, ns: shown }).toEqual({ text, ns })
  }
  expect(timeParseRfc3339Ns.call(1)).toBeUndefined()
  expect(timeParseRfc3339Ns.call()).toBeUndefined()
})

test.for([
  ['"abc"', '"ab"', true],
  ['"abc"', '"b"', false],
  ['"abc"', '""', true],
  ['["x", "abc"]', '{"ab"}', true],
  ['{"x"}', '["ab", "xy"]', false],
  ['[]', '"a"', false],
  ['"a"', 'set()', false],
  ['["x", 1]', '"x"', undefined],
  ['1', '"x"', undefined],
  ['"x"', '{"a": 1}', undefined],
] as const)('strings.any_prefix_match(%s, %s) is %s', ([search, base, want]) => {
  expect(stringsMatch[0]?.call(rego(search), rego(base))).toBe(want)
})

describe('object.subset', () => {
  test.for([
    ['{"a": 1, "b": 2}', '{"a": 1}', true],
    ['{"a": 1}', '{"a": 1, "b": 2}', false],
    ['{"a": 1}', '{"a": 2}', false],
    ['{"a": {"b": [1, 2, 3], "c": 1}}', '{"a": {"b": [2, 3]}}', true],
    ['{"a": {"b": [1, 2, 3]}}', '{"a": {"b": [1, 3]}}', false],
    ['{"a": {1, 2}}', '{"a": {2}}', true],
    ['{"a": [1]}', '{"a": {1}}', false],
    ['{1: "x", [2]: "y"}', '{[2]: "y"}', true],
    ['{1, 2, 3}', '{1, 3}', true],
    ['{1, 2, 3}', '{4}', false],
    ['{{"a": 1, "b": 2}}', '{{"a": 1}}', false],
    ['[1, 2, 3]', '[2, 3]', true],
    ['[1, 2, 3]', '[1, 3]', false],
    ['[1, 1, 2]', '[1, 2]', true],
    ['[1, 2]', '[1, 2, 3]', false],
    ['[]', '[]', true],
    ['[[1, 2]]', '[[1]]', false],
    ['[1, 2, 3]', '{3, 1}', true],
    ['[1, 2, 3]', '{4}', false],
    ['[1, 1]', '{1, 2}', true], // OPA counts the first twice
    ['[1]', 'set()', true],
    ['[]', 'set()', false],
    ['{1}', '[1]', undefined],
    ['{"a": 1}', '[1]', undefined],
    ['1', '1', undefined],
  ] as const)('(%s, %s) is %s', ([whole, part, want]) => {
    expect(objectSubset.call(rego(whole), rego(part))).toBe(want)
  })
})

// that the list holds every builtin of the folder is the architecture test's
test('the list holds each name once', () => {
  expect(new Set(builtins.map(({ name }) => name)).size).toBe(builtins.length)
})
