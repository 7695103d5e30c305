import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { builtins } from '../../../../pdp/policy/builtins/list.ts'
import { valueText } from '../../../../pdp/policy/builtins/value-text.ts'
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
function answer(name: string, operands: readonly Value[]): string | null {
  const builtin = builtins.find((each) => each.name === name)
  if (!builtin) throw new Error(`no builtin: ${name}`)
  try {
    const value = builtin.call(...operands)
    return value === undefined ? null : valueText(value)
  } catch {
    return null
  }
}

const families = ['graphql', 'json', 'json-schema', 'render-template', 'values', 'yaml']

describe.for(families)('%s', (family) => {
  const { vectors }: Vectors = JSON.parse(
    readFileSync(new URL(`../../../vectors/builtins/${family}.json`, import.meta.url), 'utf8'),
  )

  test('answers as OPA does', () => {
    for (const { builtin, operands, want } of vectors) {
      const got = answer(builtin, operands.map(rego))
      expect(got, `${builtin}(${operands.join(', ')})`).toBe(want === null ? null : valueText(rego(want)))
    }
  })

  test('an altered answer is found', () => {
    const altered = vectors.filter(({ builtin, operands, want }) => {
      const other = want === null ? 'null' : valueText([rego(want)])
      return answer(builtin, operands.map(rego)) !== other
    })
    expect(altered.length).toBe(vectors.length)
    expect(new Set(vectors.map(({ want }) => want)).size).toBeGreaterThan(20) // not one answer over and over
  })
})

test.for<readonly [string, readonly string[]]>([
  ['graph.reachable_paths', [complete(12), '["0"]']],
  ['numbers.range_step', ['0', '10000000', '1']],
  ['yaml.unmarshal', [JSON.stringify(laughs(9))]],
  ['strings.render_template', ['"{{range 2000}}{{range 2000}}x{{end}}{{end}}"', '{}']],
  ['strings.render_template', ['"{{define \\"T\\"}}{{template \\"T\\"}}{{end}}{{template \\"T\\"}}"', '{}']],
  ['json.match_schema', ['{"a": {}}', '{"$ref": "#"}']],
  ['graphql.parse_query', [JSON.stringify('{a'.repeat(10_000))]],
  ['graphql.parse', [JSON.stringify(`{${'a '.repeat(5000)}}`), '"type Query { a: Int }"']],
  ['graphql.parse', [JSON.stringify(doubled(40)), '"type Query { a: Int }"']],
  [
    'json.match_schema',
    [nested(40), '{"properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}, {"$ref": "#"}]}, "z": false}}'],
  ],
])('%s ends undefined where OPA would not end', ([name, operands]) => {
  expect(answer(name, operands.map(rego))).toBe(null)
})

test.for<readonly [string, readonly string[], string]>([
  ['strings.any_suffix_match', [listOf(5000, 'x'), listOf(5000, 'y')], 'false'],
  ['indexof_n', [`"${'a'.repeat(100_000)}"`, `"${'a'.repeat(50_000)}b"`], '[]'],
  [
    'strings.render_template',
    [JSON.stringify(`${' '.repeat(200_000)}x{{- "y"}}`), '{}'],
    JSON.stringify(`${' '.repeat(200_000)}xy`),
  ],
  [
    'json.match_schema',
    [`{"v": "${'a '.repeat(50_000)}!"}`, '{"properties": {"v": {"format": "email"}}, "maxProperties": 0}'],
    '',
  ],
])('%s takes little time for what is made to take much', ([name, operands, want]) => {
  const start = performance.now()
  const got = answer(name, operands.map(rego))
  expect(performance.now() - start).toBeLessThan(2000)
  expect(got).toContain(want)
})

function listOf(n: number, ending: string): string {
  return `[${Array.from({ length: n }, (_, i) => `"${i}${ending}"`).join(', ')}]`
}

/** Fragments each of which spreads the next one twice, below a field of introspection. */
function doubled(n: number): string {
  const fragments = Array.from(
    { length: n },
    (_, i) => `fragment F${i} on __Type { x: ofType { ...F${i + 1} } y: ofType { ...F${i + 1} } }`,
  )
  return `{ __type(name: "a") { ...F0 } } ${fragments.join(' ')} fragment F${n} on __Type { name }`
}

function nested(depth: number): string {
  return `${'{"a": '.repeat(depth)}{"z": 1}${'}'.repeat(depth)}`
}

/** A graph of n nodes in which each leads to every other: its paths are beyond count. */
function complete(n: number): string {
  const nodes = Array.from({ length: n }, (_, i) => `"${i}"`)
  return `{${nodes.map((node) => `${node}: [${nodes.join(', ')}]`).join(', ')}}`
}

/** A list of lists by aliases, ten times as long with each level. */
function laughs(levels: number): string {
  const lines = ['a0: &a0 [x]']
  for (let i = 1; i <= levels; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`)
  return lines.join('\n')
}
