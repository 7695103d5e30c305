import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isObject, type JsonValue } from '../../../pdp/core/json.ts'
import type { ReadSet, ReadTree } from '../../../pdp/core/read-tree.ts'
import { builtins } from '../../../pdp/policy/builtins/list.ts'
import { varyingBuiltins } from '../../../pdp/policy/read-set/input-reads.ts'
import { analysePlan } from '../../../pdp/rego/read-set/analyse-plan.ts'
import { createRegoToolchain, type RegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { valueOf } from './policies.ts'

// What is found in the plans that OPA writes. That it is enough is searched for in test/property/policy/read-set; here it
// is no more than it must be.

const whole = 'whole'
const rules: readonly (readonly [rule: string, rego: string, input: ReadTree])[] = [
  ['nothing', 'nothing := 1', {}],
  ['leaf', 'leaf := input.a.b', { members: { a: { members: { b: whole } } } }],
  ['alias', 'alias if { x := input.a; x.b.c == 1 }', at('a.b.c', { value: true })],
  ['truth', 'truth if input.a', at('a', { value: 'boolean' })],
  ['absent', 'absent if not input.a.b', at('a.b', { value: 'boolean' })],
  ['null_only', 'null_only if input.a == null', at('a', { value: true })],
  ['index', 'index := input.a[1]', at('a.1', whole)],
  ['size', 'size if [_, "x"] = input.a', at('a', { value: true, members: { 0: {}, 1: { value: true } }, each: {} })],
  ['get', 'get := object.get(input, ["a", "b"], 0)', at('a.b', whole)],
  ['argument', 'argument := f(input.a)\nf(x) := x.b', at('a.b', whole)],
  ['each', 'each := {x.n | some x in input.a}', at('a', { each: { members: { n: whole } } })],
  ['keys', 'keys := {k | some k, _ in input.a}', at('a', { each: {} })],
  ['other', 'other if input.x == 1\nelse := input.y', { members: { x: { value: true }, y: whole } }],
  ['mocked', 'mocked := v if v := alias with input as {"a": {"b": input.c}}', at('c', whole)],
  ['walked', 'walked := {v | walk(input.a, [_, v])}', at('a', whole)],
  ['all', 'all := count(input)', whole],
  ['called', 'called := x if { time.now_ns() > 0; x := input.a }', at('a', whole)],
  ['data_key', 'data_key := data.d[input.a].b', at('a', whole)],
]

function at(names: string, tree: ReadTree): ReadTree {
  return names.split('.').reduceRight<ReadTree>((inner, name) => ({ members: { [name]: inner } }), tree)
}

let toolchain: RegoToolchain
let readSets: Readonly<Record<string, ReadSet>>
beforeAll(async () => {
  toolchain = createRegoToolchain()
  const compiled = await toolchain.compile({
    modules: { 'p.rego': `package p\n${rules.map(([, rego]) => rego).join('\n')}\n` },
    data: { d: { x: { b: 1 } } },
    entrypoints: rules.map(([name]) => `p/${name}`),
    plan: true,
  })
  readSets = analysePlan(valueOf(compiled).plan)
})
afterAll(async () => toolchain.close())

test.for(rules)('%s reads no more than it must', ([name, , input]) => {
  expect(readSets[`p/${name}`]?.input).toEqual(input)
})

test('what is read of data', () => {
  expect(readSets['p/data_key']?.data).toEqual({ members: { d: { each: { members: { b: whole } } } } })
  expect(readSets['p/leaf']?.data).toEqual({})
})

test('the builtins that are reached, natives too', () => {
  expect(readSets['p/called']?.builtins).toEqual(['gt', 'time.now_ns'])
  expect(readSets['p/leaf']?.builtins).toEqual([])
})

describe('the builtins that may vary', () => {
  test('are all that OPA marks so', async () => {
    const { capabilities } = valueOf(await toolchain.capabilities({}))
    const listed: JsonValue = JSON.parse(JSON.stringify(capabilities['builtins']))
    const marked = Array.isArray(listed)
      ? listed.filter((builtin: JsonValue) => isObject(builtin) && builtin['nondeterministic'] === true)
      : []
    const names = marked.map((builtin: JsonValue) => (isObject(builtin) ? builtin['name'] : undefined))
    expect(names.length).toBeGreaterThan(8)
    expect(names.filter((name) => typeof name !== 'string' || !varyingBuiltins.has(name))).toEqual([])
  })

  test('are all that are told of the decision here', () => {
    const told = builtins.filter(({ callIn }) => callIn !== undefined).map(({ name }) => name)
    expect(told.filter((name) => !varyingBuiltins.has(name))).toEqual([])
  })
})
