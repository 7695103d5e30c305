import { beforeAll, expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { Builtin } from '../../../pdp/policy/builtins/builtin.ts'
import type { CompiledPolicy } from '../../../pdp/policy/compiled-policy.ts'
import type { LoadedBundle } from '../../../pdp/policy/load-bundle.ts'
import { frameAt } from '../../support/clock.ts'
import { inputWith, loadTestBundle, policyOf } from '../../unit/policy/test-policy.ts'

// A host that goes on with its instance fails for ever after 511 conflicts, 1,024 lone surrogates or 4,092 throwing builtins: each
// leaves the module's stack pointer where it was.

const rego = `package t

conflict := 1 if input.context.a
conflict := 2 if input.context.b

decision := {"allow": conflict == 1, "reasons": [{"code": data.t.code, "message": strings.any_prefix_match("ab", "a")}]} if input.context.conflict
decision := {"allow": true, "reasons": [{"code": data.t.code, "message": "called"}]} if object.subset(input.context.called, {"x": 1})
decision := {"allow": true, "reasons": [{"code": data.t.code, "message": "plain"}]} if input.context.plain
`

const throwing: Builtin = {
  name: 'object.subset',
  call() {
    throw new Error('a fault of the builtin')
  },
}
const prefix: Builtin = { name: 'strings.any_prefix_match', call: () => 'x' }

let bundle: LoadedBundle
let policy: CompiledPolicy
const replaced = { abort: 0, trap: 0 }
beforeAll(async () => {
  bundle = await loadTestBundle(
    { rego, data: { t: { code: 'from-data' } } },
    { builtins: [throwing, prefix], onReplaced: (reason) => replaced[reason]++ },
  )
  policy = policyOf(bundle)
}, 60_000)

const ask = (context: JsonObject) => policy.evaluate(inputWith(context), frameAt())
const plain = () => ask({ plain: true })
const rightAnswer = { ok: true, value: { allow: true, reasons: [{ code: 'from-data', message: 'plain' }] } }

const poisons: readonly (readonly [string, JsonObject, string, number])[] = [
  ['a rule conflict', { conflict: true, a: true, b: true }, 'POLICY_ERROR', 1],
  ['a lone surrogate', { plain: true, user: '\ud800' }, 'INPUT_LIMIT', 0],
  ['a throwing builtin', { called: { x: 1 } }, 'POLICY_UNDEFINED', 0],
]

test.for(poisons)(
  '100,000 asks with %s do not change the next answer',
  { timeout: 60_000 },
  async ([, context, code, replacements]) => {
    expect(await plain()).toMatchObject(rightAnswer)
    const [before, size] = [replaced.abort, bundle.evaluator.size()]
    const codes = new Set<string>()
    const started = performance.now()
    for (let i = 0; i < 100_000; i++) {
      const answer = await ask(context)
      codes.add(answer.ok ? 'answered' : answer.code)
    }
    const each = (performance.now() - started) / 100_000
    expect([...codes]).toEqual([code])
    expect(await plain()).toMatchObject(rightAnswer)
    expect(replaced.abort - before).toBe(100_000 * replacements)
    expect(bundle.evaluator.size()).toBe(size)
    expect(each, 'milliseconds for an ask and its recovery').toBeLessThan(1)
  },
)

test('a trap replaces the instance as well', async () => {
  const deep = await loadTestBundle(
    { rego: 'package t\n\ndecision := json.marshal(json.unmarshal(input.context.text)) != ""\n' },
    { memory: { input: 4_194_304 }, onReplaced: (reason) => replaced[reason]++ },
  )
  const evaluate = (depth: number) =>
    policyOf(deep).evaluate(inputWith({ text: '['.repeat(depth) + ']'.repeat(depth) }), frameAt())
  expect(await evaluate(10)).toMatchObject({ ok: true, value: { allow: true } })
  const before = replaced.trap
  expect(await evaluate(1_000_000)).toMatchObject({ code: 'POLICY_ERROR' })
  expect(replaced.trap).toBe(before + 1)
  expect(await evaluate(10)).toMatchObject({ ok: true, value: { allow: true } })
})
