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
])('%s ends undefined where OPA would not end', ([name, operands]) => {
  expect(answer(name, operands.map(rego))).toBe(null)
})

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
