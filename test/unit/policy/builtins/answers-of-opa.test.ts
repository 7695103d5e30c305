import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import type { DecisionId } from '../../../../pdp/core/frame.ts'
import { instant } from '../../../../pdp/core/time.ts'
import { builtins } from '../../../../pdp/policy/builtins/list.ts'
import { valueText } from '../../../../pdp/policy/builtins/value-text.ts'
import { createEvaluationContext } from '../../../../pdp/policy/evaluation-context.ts'
import { readValue } from '../../../../pdp/policy/read-value.ts'
import type { Value } from '../../../../pdp/policy/value.ts'

interface Vectors {
  readonly vectors: readonly {
    readonly builtin: string
    readonly operands: readonly string[]
    readonly want: string | null
  }[]
}

/** A value from Rego text, which must be one. */
function rego(text: string): Value {
  const value = readValue(text)
  if (value === undefined) throw new Error(`no value: ${text}`)
  return value
}

/** What a policy gets: a throw is undefined too. */
function answer(name: string, ...operands: readonly Value[]): string | undefined {
  const builtin = builtins.find((each) => each.name === name)
  if (!builtin) throw new Error(`no builtin: ${name}`)
  try {
    const value = builtin.call(...operands)
    return value === undefined ? undefined : valueText(value)
  } catch {
    return undefined
  }
}

const families = ['net-cidr', 'regex', 'time', 'units-semver', 'uri']

function vectorsOf(family: string): Vectors['vectors'] {
  const file = new URL(`../../../vectors/builtins/${family}.json`, import.meta.url)
  const { vectors }: Vectors = JSON.parse(readFileSync(file, 'utf8'))
  return vectors
}

describe.for(families)('%s answers as OPA does', (family) => {
  test.for(
    vectorsOf(family).map(({ builtin, operands, want }) => [builtin, operands.join(', '), { operands, want }] as const),
  )('%s(%s)', ([builtin, , { operands, want }]) => {
    expect(answer(builtin, ...operands.map(rego))).toBe(want === null ? undefined : valueText(rego(want)))
  })
})

test('there are answers and refusals for every builtin of these families', () => {
  const inFamilies = /^(?:net|regex|glob|time|units|semver|uri)\./
  const names = builtins.map(({ name }) => name).filter((name) => inFamilies.test(name) && name !== 'time.now_ns')
  const answered = (refusal: boolean): readonly string[] => {
    const fitting = families.flatMap(vectorsOf).filter(({ want }) => (want === null) === refusal)
    return names.filter((name) => fitting.some(({ builtin }) => builtin === name))
  }
  expect(answered(false)).toEqual(names)
  // these answer false for what they cannot read, and any text can be quoted
  const total = ['glob.quote_meta', 'net.cidr_is_valid', 'semver.is_valid', 'uri.is_valid']
  expect(answered(true)).toEqual(names.filter((name) => !total.includes(name)))
})

describe('the zone of the process', () => {
  const before = process.env['TZ']
  afterEach(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })

  test.for([
    ['America/Los_Angeles', '2024-01-15T04:00:00-08:00 PST', '2024-01-15 04 PST'],
    ['America/Los_Angeles', '2024-01-15T04:00:00-08:00 PST', '2024-01-15 05 PDT'],
    ['Europe/Berlin', '2024-01-15T13:00:00+01:00 CET', '2024-01-15 13 CET'],
    ['Europe/Berlin', '2024-01-15T13:00:00+01:00 CET', '2024-01-15 12 PST'],
    ['UTC', '2024-01-15T12:00:00Z UTC', '2024-01-15 12 CET'],
    ['UTC', '2024-01-15T12:00:00Z UTC', '2024-01-15 12 GMT+3'],
  ] as const)('is what `Local` means, and what knows abbreviations: %s %s %s', ([zone, shown, written]) => {
    process.env['TZ'] = zone
    const noon = '1705320000000000000'
    expect(answer('time.format', [rego(noon), 'Local', '2006-01-02T15:04:05Z07:00 MST'])).toBe(`"${shown}"`)
    expect(answer('time.parse_ns', '2006-01-02 15 MST', written)).toBe(noon)
  })
})

const decisionId = '01920000-0000-7000-8000-000000000000' as DecisionId // any will do: the time does not depend on it

test('time.now_ns is the time of the decision, in nanoseconds', () => {
  const now = builtins.find(({ name }) => name === 'time.now_ns')
  const context = createEvaluationContext({ id: decisionId, now: instant(1_705_320_000_123) })
  const ns = now?.callIn?.(context)
  expect(ns === undefined ? undefined : valueText(ns)).toBe('1705320000123000000')
  expect(now?.call()).toBeUndefined()
})

describe('limits, each beside what still passes', () => {
  const stars = (count: number): string => Array.from({ length: count }, (_, i) => `${'ab'[i % 2]}*`).join('')

  test.for<readonly [string, readonly [string, ...Value[]], readonly [string, ...Value[]]]>([
    ['long patterns', ['regex.find_n', 'a'.repeat(16_384), '', -1], ['regex.find_n', 'a'.repeat(16_385), '', -1]],
    [
      'long replacements',
      ['regex.replace', 'a'.repeat(1000), 'a', 'b'.repeat(1000)],
      ['regex.replace', 'a'.repeat(5000), 'a', 'b'.repeat(1000)],
    ],
    [
      'globs of many repeats',
      ['regex.globs_match', stars(60), `${stars(60)}c`],
      ['regex.globs_match', stars(4000), `${stars(4000)}c`],
    ],
    [
      'many matches of a pattern without end',
      ['regex.find_n', 'a', 'a'.repeat(20_000), -1],
      ['regex.find_n', 'a|b+', 'a'.repeat(20_000), -1],
    ],
    [
      'counts of long patterns',
      ['regex.find_n', '(?:ab){500}', '', -1],
      ['regex.find_n', `(?:${'ab'.repeat(500)}){1000}`, '', -1],
    ],
    [
      'texts too long for a pattern',
      ['regex.find_n', '(?:a?){1000}', 'b', -1],
      ['regex.find_n', '(?:a?){1000}', 'b'.repeat(100_000), -1],
    ],
    [
      'texts too long for a template',
      ['regex.template_match', '<(?:a?){1000}>', 'b', '<', '>'],
      ['regex.template_match', '<(?:a?){1000}>', 'b'.repeat(100_000), '<', '>'],
    ],
    ['large networks', ['net.cidr_expand', '10.0.0.0/20'], ['net.cidr_expand', '10.0.0.0/15']],
  ])('%s', ([, passes, refused]) => {
    const [name, ...operands] = passes
    expect(answer(name, ...operands)).toBeDefined()
    const [same, ...beyond] = refused
    expect(answer(same, ...beyond)).toBeUndefined()
  })

  test('a pattern is kept, and a hundred others do not change what it answers', () => {
    for (let i = 0; i < 250; i++)
      expect(answer('regex.find_n', `a{${i % 150}}b`, `${'a'.repeat(i % 150)}b`, 1)).toBeDefined()
    expect(answer('regex.find_n', 'a{3}b', 'aaab', 1)).toBe('["aaab"]')
  })
})

test('semver.compare ends where OPA does not: identifiers equal as numbers, not as texts', () => {
  expect(answer('semver.compare', '1.0.0-1', '1.0.0-01')).toBe('0')
  expect(answer('semver.compare', '1.0.0-1', '1.0.0-01.a')).toBe('-1')
  expect(answer('semver.compare', '1.0.0-99999999999999999999', '1.0.0-9223372036854775807')).toBe('0')
})
