import { describe, expect, test } from 'vitest'
import { refused } from '../../../pdp/rego/answer.ts'
import { capabilities } from '../../../pdp/rego/capabilities.ts'
import { check } from '../../../pdp/rego/check.ts'
import { compile } from '../../../pdp/rego/compile.ts'
import { evaluate } from '../../../pdp/rego/eval.ts'
import { format } from '../../../pdp/rego/format.ts'
import { parse } from '../../../pdp/rego/parse.ts'
import { test as runTests } from '../../../pdp/rego/test.ts'

const place = { file: 'p.rego', row: 1, col: 2 }
const result = { ...place, package: 'data.p', name: 'test_a', verdict: 'pass', durationMs: 1, output: '', cases: [] }
const compiled = { wasm: 'AGFzbQ==', entrypoints: ['p/x'], builtins: [], hostBuiltins: [], manifest: {}, modules: {} }
const fail = {
  ...place,
  rules: [],
  text: 'x',
  operator: '',
  negated: false,
  operands: [{ text: 'x', value: '1' }],
  refers: ['data.q'],
}
const condition = { ...place, text: 'x', operator: '', operands: [] }
const held = { ...place, rule: 'data.p', value: '1', conditions: [condition], refers: [] }
const explanation = { fails: [fail], holds: [held], truncated: false }

describe('the value of a verb', () => {
  test.for<readonly [string, { read(value: unknown): unknown }, Readonly<Record<string, unknown>>]>([
    ['capabilities', capabilities, { capabilities: {}, native: ['eq'] }],
    ['check', check, { files: ['p.rego'] }],
    ['compile', compile, compiled],
    ['eval', evaluate, { results: [{ values: [1], bindings: {} }], output: '', explanation }],
    ['format', format, { files: { 'p.rego': { text: '', changed: true } } }],
    ['parse', parse, { modules: { 'p.rego': {} } }],
    ['test', runTests, { tests: [result, { ...result, failedAt: { ...place, text: 'x' } }] }],
  ])('%s is read whole, and not at all where any field is of another type', ([, verb, value]) => {
    expect(verb.read(value)).toBeDefined()
    for (const broken of mutants(value)) expect(verb.read(broken), JSON.stringify(broken)).toBeUndefined()
    for (const other of [undefined, null, 1, 'x', []]) expect(verb.read(other)).toBeUndefined()
  })

  test('compile turns base64 into bytes', () => {
    expect(compile.read(compiled)?.wasm).toEqual(new Uint8Array([0, 0x61, 0x73, 0x6d]))
  })

  test('eval writes the clock as text, because JSON has no number that large', () => {
    expect(evaluate.write({ modules: {}, query: 'x', nowNs: 1_700_000_000_123_456_789n })).toMatchObject({
      nowNs: '1700000000123456789',
    })
    expect(evaluate.write({ modules: {}, query: 'x' })).not.toHaveProperty('nowNs')
  })
})

test('a refusal of the client has no place', () => {
  expect(refused('closed', 'is closed')).toEqual({
    ok: false,
    errors: [{ code: 'closed', message: 'is closed', file: '', row: 0, col: 0 }],
  })
})

// OPA's own documents, and values of any type, whose inside is passed on as it is.
const opaque = new Set(['capabilities', 'manifest', 'bindings', 'values', 'p.rego', 'modules'])

/** Every copy of the value in which one leaf, at any depth, became a symbol, which no field accepts. */
function* mutants(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, field] of Object.entries(value)) {
    const replace = (by: unknown) => (Array.isArray(value) ? value.with(Number(key), by) : { ...value, [key]: by })
    if (field !== null) yield replace(Symbol('other'))
    if (!opaque.has(key)) for (const inner of mutants(field)) yield replace(inner)
  }
}
