import { describe, expect, test } from 'vitest'
import { perDecision } from '../../../pdp/policy/builtins/builtin.ts'
import { builtins } from '../../../pdp/policy/builtins/list.ts'
import { refusedBuiltins } from '../../../pdp/policy/builtins/refused.ts'
import { compiledPolicy } from '../../../pdp/policy/compiled-policy.ts'
import { type BuiltinAnswer, createEvaluationContext } from '../../../pdp/policy/evaluation-context.ts'
import { instanceClauses } from '../../../pdp/policy/instance.ts'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { packBundle } from '../../../pdp/policy/pack-bundle.ts'
import { defaultResultRules } from '../../../pdp/policy/read-result.ts'
import { frameAt } from '../../support/clock.ts'
import { compileTestPolicy, inputWith, loadTestBundle } from '../../unit/policy/test-policy.ts'

const rego = `package t

decision := {"allow": true, "reasons": [{"code": "drawn", "message": sprintf("%v %v %v %v", [
	uuid.rfc4122("a"), uuid.rfc4122("b"), rand.intn("n", 1000000000000), uuid.rfc4122(input.context.key),
])}]}
`

/** The policy, and all that it handed out. */
async function drawing(rego_ = rego, own = builtins) {
  const { evaluator } = await loadTestBundle({ rego: rego_ }, { builtins: own })
  const handedOut: (readonly BuiltinAnswer[])[] = []
  const policy = compiledPolicy({
    identity: { bundle: 'b', revision: 'r', digest: 'sha256:0' },
    scope: {},
    evaluator,
    entrypoint: evaluator.entrypoints.get('t/decision') ?? -1,
    rules: defaultResultRules,
    maximumInput: 65_536,
    onBuiltinAnswers: (answers) => handedOut.push(answers),
  })
  return { policy, handedOut }
}

const messageOf = (result: unknown): unknown =>
  JSON.parse(JSON.stringify(result), (_, value: unknown) => value).value?.reasons?.[0]?.message

describe('builtins that depend on the decision', () => {
  test('answer the same within one decision, whatever the question, and otherwise in the next', async () => {
    const { policy } = await drawing()
    const [frame, other] = [frameAt(), frameAt()]
    const first = messageOf(await policy.evaluate(inputWith({ key: 'a' }), frame))
    const again = messageOf(await policy.evaluate(inputWith({ key: 'b' }), frame))
    const next = messageOf(await policy.evaluate(inputWith({ key: 'a' }), other))
    const words = (text: unknown): readonly string[] => String(text).split(' ')
    expect(words(again).slice(0, 3)).toEqual(words(first).slice(0, 3))
    expect(words(first)[3]).toBe(words(first)[0])
    expect(words(again)[3]).toBe(words(first)[1])
    expect(words(first)[0]).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    for (const [i, word] of words(next).entries()) expect(word).not.toBe(words(first)[i])
  })

  test('are asked once for the same operands, and what they answered is handed out', async () => {
    let asked = 0
    const counting = perDecision('uuid.rfc4122', (_context, key) => {
      asked++
      return key === 'b' ? undefined : `${String(key)}${asked}`
    })
    const own = [...builtins.filter(({ name }) => name !== 'uuid.rfc4122'), counting]
    const { policy, handedOut } = await drawing(
      'package t\n\ndecision := {"allow": uuid.rfc4122("a") == uuid.rfc4122(input.context.key)} if not uuid.rfc4122("b")\n',
      own,
    )
    const frame = frameAt()
    expect(await policy.evaluate(inputWith({ key: 'a' }), frame)).toMatchObject({ ok: true, value: { allow: true } })
    expect(await policy.evaluate(inputWith({ key: 'c' }), frame)).toMatchObject({ ok: true, value: { allow: false } })
    expect(asked).toBe(3)
    expect([...(handedOut.at(-1) ?? [])].sort((a, b) => (a.operands.join() < b.operands.join() ? -1 : 1))).toEqual([
      { name: 'uuid.rfc4122', operands: ['"a"'], answer: expect.stringMatching(/^"a[12]"$/) },
      { name: 'uuid.rfc4122', operands: ['"b"'] },
      { name: 'uuid.rfc4122', operands: ['"c"'], answer: '"c3"' },
    ])
  })

  test('of one decision can be asked again from its id and time alone', () => {
    const frame = frameAt()
    const [a, b] = [createEvaluationContext(frame), createEvaluationContext({ id: frame.id, now: frame.now })]
    expect(a.bytes('x', 16)).toEqual(b.bytes('x', 16))
    expect(a.bytes('x', 16)).not.toEqual(a.bytes('y', 16))
    expect(a.answers()).toEqual([])
  })

  test.for<readonly [string, readonly [number, number]]>([
    ['0', [0, 0]],
    ['1', [0, 0]],
    ['-7', [0, 6]],
    ['7', [0, 6]],
  ])('rand.intn below %s is within it', async ([n, [least, most]]) => {
    const { policy } = await drawing(
      `package t\n\ndecision := {"allow": true, "reasons": [{"code": "n", "message": sprintf("%d", [rand.intn("x", ${n})])}]}\n`,
    )
    const drawn = Number(messageOf(await policy.evaluate(inputWith(), frameAt())))
    expect(drawn).toBeGreaterThanOrEqual(least)
    expect(drawn).toBeLessThanOrEqual(most)
  })
})

describe('a bundle is refused, with what to do instead, for a call of', () => {
  test.for<readonly [string, string]>([
    ['http.send', 'http.send({"method": "get", "url": "http://a.test"})'],
    ['net.lookup_ip_addr', 'net.lookup_ip_addr("a.test")'],
    ['rego.parse_module', 'rego.parse_module("a.rego", "package a")'],
  ])('%s', async ([name, call]) => {
    const parts = await compileTestPolicy({ rego: `package t\n\ndecision := count(${call}) > 0\n` })
    const loaded = await loadBundle(packBundle(parts))
    expect(loaded).toMatchObject({ ok: false, clause: instanceClauses.builtin, detail: refusedBuiltins.get(name) })
    expect(refusedBuiltins.get(name)).toMatch(/^the policy calls .*, but .*; .+[^.]$/)
  })
})
