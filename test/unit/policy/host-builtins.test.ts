import { expect, test } from 'vitest'
import { outcomeClauses } from '../../../pdp/policy/read-outcome.ts'
import type { Builtin } from '../../../pdp/policy/builtins/builtin.ts'
import type { Value } from '../../../pdp/policy/value.ts'
import { frameAt } from '../../support/clock.ts'
import { refusesOnly } from '../../support/twin.ts'
import { inputWith, loadTestBundle, policyOf } from './test-policy.ts'

const rego = 'package t\n\ndecision := yaml.unmarshal(input.context.text)\n'
const message = (text: string) => ({ ok: true, value: { reasons: [{ message: text }] } })

test('a policy formats and compares with the builtins there are', async () => {
  const bundle = await loadTestBundle({
    rego: `package t

decision := {"allow": true, "reasons": [{"code": "said", "message": sprintf("%s has %d of %v, %5.1f %q", [input.context.name, 12345678901234567890, {3, 1}, 2.25, input.context.name])}]} if {
	object.subset(input.context, {"name": input.context.name})
	strings.any_prefix_match(input.context.name, {"a", "é"})
	time.parse_rfc3339_ns("2026-03-02T13:30:00.000000001Z") == input.time.now_ns
}
`,
  })
  expect(await policyOf(bundle).evaluate(inputWith({ name: 'é"\u{1f600}' }), frameAt())).toMatchObject(
    message('é"\u{1f600} has 12345678901234567890 of {1, 3},   2.2 "é\\"\u{1f600}"'),
  )
})

/** A policy whose decision is what this answers. */
async function answering(call: Builtin['call']) {
  const policy = policyOf(await loadTestBundle({ rego }, { builtins: [{ name: 'yaml.unmarshal', call }] }))
  return () => policy.evaluate(inputWith({ text: 'x' }), frameAt())
}

test.for<readonly [string, Builtin['call']]>([
  ['undefined', () => undefined],
  [
    'a throw',
    () => {
      throw new TypeError('a fault')
    },
  ],
  ['text with a lone surrogate', () => '\ud800'],
  ['a set with one', () => ({ kind: 'set', items: ['\udc00'] })],
])('%s is undefined for the policy, and the instance goes on', async ([, call]) => {
  let next: Builtin['call'] = () => true
  const ask = await answering((...operands: readonly Value[]) => next(...operands))
  await refusesOnly(
    (given: Builtin['call']) => {
      next = given
      return ask()
    },
    () => true,
    call,
    { code: 'POLICY_UNDEFINED', clause: outcomeClauses.undefined },
  )
  next = (text) => text === 'x'
  expect(await ask()).toMatchObject({ ok: true, value: { allow: true } })
})
