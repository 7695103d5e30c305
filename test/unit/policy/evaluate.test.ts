import { beforeAll, describe, expect, test } from 'vitest'
import { isEvaluated } from '../../../pdp/core/evaluated.ts'
import type { JsonObject, JsonValue } from '../../../pdp/core/json.ts'
import { abiClauses } from '../../../pdp/policy/abi.ts'
import type { CompiledPolicy } from '../../../pdp/policy/compiled-policy.ts'
import { evaluatorClauses } from '../../../pdp/policy/evaluator.ts'
import type { LoadedBundle } from '../../../pdp/policy/load-bundle.ts'
import { outcomeClauses } from '../../../pdp/policy/read-outcome.ts'
import { inputClauses } from '../../../pdp/policy/write-input.ts'
import { frameAt } from '../../support/clock.ts'
import { refusesOnly } from '../../support/twin.ts'
import { inputWith, loadTestBundle, policyOf } from './test-policy.ts'

const rego = `package t

decision := input.context.answer

kept := {"allow": input.context.value == data.t.value, "reasons": {{"code": "seen", "message": format_int(count(object.keys(input)), 10)}}}

conflict := 1 if input.context.a
conflict := 2 if input.context.b

instant := {"allow": true, "reasons": [{"code": "now", "message": json.marshal(input.time.now_ns)}]}

keyed := {1: true}
big := {"allow": true, "ttl": 123456789012345678901234567890}
decimal := {"allow": true, "ttl": 5.0}
deep := count(numbers.range(1, input.context.n)) > 0
looped := {x: y | some x in numbers.range(1, input.context.n); some y in [concat("", [format_int(z, 10) | some z in numbers.range(1, input.context.n)])]}
exact := {"allow": object.get(input.context, "x", "absent") == "absent", "reasons": [{"code": "x", "message": type_name(input.context.x)}]}
`
const names = ['decision', 'kept', 'conflict', 'instant', 'keyed', 'big', 'decimal', 'deep', 'looped', 'exact']

let bundle: LoadedBundle
const replaced: string[] = []
beforeAll(async () => {
  bundle = await loadTestBundle(
    { rego, entrypoints: names.map((name) => `t/${name}`), data: { t: { value: [1, { a: null }] } } },
    { onReplaced: (reason) => replaced.push(reason) },
  )
}, 60_000)

const ask = (entrypoint: string, context: JsonObject = {}) =>
  policyOf(bundle, `t/${entrypoint}`).evaluate(inputWith(context), frameAt())

describe('what a policy answers', () => {
  const answers: readonly (readonly [string, JsonValue, boolean])[] = [
    ['true', true, true],
    ['false', false, false],
    ['an allow', { allow: true }, true],
    ['a deny', { allow: false, reasons: [{ code: 'a', message: 'b' }] }, false],
  ]
  test.for(answers)('%s', async ([, answer, allow]) => {
    const frame = frameAt()
    const evaluated = await policyOf(bundle).evaluate(inputWith({ answer }), frame)
    expect(evaluated).toMatchObject({ ok: true, value: { allow, ask: frame.id, cache: 'bypass' } })
    expect(evaluated.ok && isEvaluated(evaluated.value)).toBe(true)
  })

  test.for(['true', 1, 0, '', null, [], [true], {}, { allow: 'true' }, { allow: 1 }, { allow: null }])(
    'is an error where it is %j',
    async (answer) => {
      expect(await ask('decision', { answer })).toMatchObject({ ok: false, code: 'POLICY_ERROR' })
    },
  )

  test('is undefined where no rule holds', async () => {
    await refusesOnly(
      (context: JsonObject) => ask('decision', context),
      { answer: true },
      {},
      {
        code: 'POLICY_UNDEFINED',
        clause: outcomeClauses.undefined,
      },
    )
  })

  test('cannot be JSON with a key that is no string, or a number beyond a double', async () => {
    expect(await ask('keyed')).toMatchObject({ code: 'POLICY_ERROR', clause: outcomeClauses.json })
    expect(await ask('big')).toMatchObject({ code: 'POLICY_ERROR', clause: outcomeClauses.json })
    expect(await ask('decimal')).toMatchObject({ ok: true, value: { ttl: 5 } })
  })

  test('reads data and input', async () => {
    expect(await ask('kept', { value: [1, { a: null }] })).toMatchObject({
      ok: true,
      value: { allow: true, reasons: [{ code: 'seen', message: '8' }] },
    })
    expect(await ask('kept', { value: [1, {}] })).toMatchObject({ ok: true, value: { allow: false } })
  })

  test('sees the nanoseconds of the decision to the last digit', async () => {
    expect(await ask('instant')).toMatchObject({ value: { reasons: [{ message: '1772458200000000001' }] } })
  })

  test.for([
    [null, 'null'],
    [0, 'number'],
    ['', 'string'],
    [false, 'boolean'],
    [[], 'array'],
    [{}, 'object'],
  ])('sees %j as a value, not as absent', async ([x, type]) => {
    expect(await ask('exact', { x: x ?? null })).toMatchObject({
      value: { allow: false, reasons: [{ message: type }] },
    })
  })

  test('is not shared mutable state', async () => {
    const first = await ask('kept', { value: 1 })
    if (!first.ok) throw new Error('the policy must answer')
    expect(() => Reflect.apply(Array.prototype.push, first.value.reasons, [1])).toThrow(TypeError)
  })
})

describe('what ends an evaluation', () => {
  test('a conflict names its place and replaces the instance', async () => {
    const before = replaced.length
    await refusesOnly(
      (context: JsonObject) => ask(context['answer'] === true ? 'decision' : 'conflict', context),
      { answer: true },
      { a: 1, b: 1 },
      {
        code: 'POLICY_ERROR',
        clause: evaluatorClauses.conflict,
      },
    )
    expect(await ask('conflict', { a: 1, b: 1 })).toMatchObject({
      detail: expect.stringMatching(/policy\.rego:\d+:\d+$/),
    })
    expect(replaced.slice(before)).toEqual(['abort', 'abort'])
    expect(await ask('decision', { answer: true })).toMatchObject({ ok: true })
  })

  test('running out of memory', async () => {
    const before = replaced.length
    await refusesOnly((n: number) => ask(n < 10 ? 'deep' : 'looped', { n }), 9, 30_000, {
      code: 'POLICY_ERROR',
      clause: evaluatorClauses.abort,
    })
    expect(replaced.length).toBe(before + 1)
    const size = bundle.evaluator.size()
    expect(await ask('decision', { answer: true })).toMatchObject({ ok: true })
    await ask('looped', { n: 30_000 })
    expect(await ask('decision', { answer: false })).toMatchObject({ ok: true, value: { allow: false } })
    expect(bundle.evaluator.size()).toBe(size)
  })
})

describe('an input that is refused before it reaches the module', () => {
  const evaluate = (context: JsonObject) => ask('decision', { ...context, answer: true })

  test.for([
    ['too long', { text: 'x'.repeat(262_144) }, { text: 'x'.repeat(261_000) }, inputClauses.size],
    ['too long in UTF-8 alone', { text: '€'.repeat(90_000) }, { text: '€'.repeat(80_000) }, inputClauses.size],
    ['a lone high surrogate', { user: '\ud800' }, { user: '\u{10000}' }, inputClauses.wellFormed],
    ['a lone low surrogate', { user: 'a\udfffb' }, { user: String.raw`\ud800` }, inputClauses.wellFormed],
    [
      'a lone surrogate after a backslash',
      { user: '\\\ud800' },
      { user: String.raw`\\ud800` },
      inputClauses.wellFormed,
    ],
    ['a lone surrogate in a name', { '\udc00': 1 }, { u: 1 }, inputClauses.wellFormed],
  ] as const)('%s', async ([, defect, twin, clause]) => {
    const before = replaced.length
    await refusesOnly(evaluate, twin as JsonObject, defect as JsonObject, { code: 'INPUT_LIMIT', clause })
    expect(replaced.length).toBe(before)
  })

  test('a time that is no number', async () => {
    const policy: CompiledPolicy = policyOf(bundle)
    await refusesOnly(
      (now_ns: string) => policy.evaluate(inputWith({ answer: true }, { time: { now_ns } }), frameAt()),
      '1',
      '1}, "pep": {}',
      { code: 'INPUT_LIMIT', clause: inputClauses.time },
    )
  })
})

test('the clauses of the module checks are distinct', () => {
  expect(new Set(Object.values(abiClauses)).size).toBe(4)
})
