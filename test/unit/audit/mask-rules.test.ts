import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commitUnder } from '../../../pdp/audit/commit-value.ts'
import { type MaskAnswer, maskByRules, maskDocument } from '../../../pdp/audit/mask-rules.ts'
import { maximumBodyBytes } from '../../../pdp/audit/line-size.ts'
import { lineOf, recordBody } from '../../../pdp/audit/record-line.ts'
import { lineSchema } from '../../../pdp/audit/record-schema.ts'
import type { JsonObject, JsonValue } from '../../../pdp/core/json.ts'
import type { DecisionRecord } from '../../../pdp/core/record.ts'
import { decisionRecord } from './sample-records.ts'

const base = decisionRecord(1)
const withClaims: DecisionRecord = {
  ...base,
  ...(base.subject && {
    subject: {
      ...base.subject,
      credentials: base.subject.credentials.map((each) => ({ ...each, claims: { team: 'blue', levels: [1, 2] } })),
    },
  }),
}
const body = recordBody(withClaims)
const commit = commitUnder(Buffer.alloc(32, 7))
const whole = JSON.parse(body) as JsonObject

function masked(answer: MaskAnswer | undefined, from = body): JsonObject {
  const text = maskByRules(from, { answer, commit }, maximumBodyBytes)
  const line: unknown = JSON.parse(lineOf('decision', 1, text))
  expect(lineSchema.safeParse(line).error?.message).toBeUndefined()
  return JSON.parse(text) as JsonObject
}
const rules = (...all: readonly JsonValue[]): MaskAnswer => ({ rules: all, drop: false })
const proof = {
  id: base.id,
  door: 'authorize',
  pep: 'orders-api',
  service: 'orders',
  effect: 'allow',
  code: 'ALLOWED',
  clause: 'decision-allowed',
  questions: [{ code: 'ALLOWED', clause: 'decision-allowed' }],
  policy: { digest: 'a'.repeat(64) },
}

test('no rules, no change', () => {
  expect(maskByRules(body, { answer: rules(), commit }, maximumBodyBytes)).toBe(body)
})

test('the document that is asked about is the record', () => {
  const asked: unknown = JSON.parse(maskDocument(body))
  expect(asked).toEqual({ kind: 'decision', ...whole })
})

test.for<readonly [string, JsonValue, JsonObject, string]>([
  ['a pointer', '/subject/id', { subject: expect.not.objectContaining({ id: expect.anything() }) as never }, 'erased'],
  ['a removal', { op: 'remove', path: '/request' }, {}, 'erased'],
  ['an item of a list', '/questions/0/resource/id', { questions: [{ resource: { type: 'order' } }] }, 'erased'],
  ['another text', { op: 'upsert', path: '/request/path', value: '/…' }, { request: { path: '/…' } }, 'replaced'],
  [
    'any value among claims',
    { op: 'upsert', path: '/subject/credentials/0/claims/team', value: { hidden: true } },
    { subject: { credentials: [{ claims: { team: { hidden: true } } }] } },
    'replaced',
  ],
  ['a value that cannot stand there', { op: 'upsert', path: '/subject/methods', value: 7 }, {}, 'erased'],
  ['a word of ours', { op: 'upsert', path: '/pep_auth/kind', value: 'secret' }, {}, 'erased'],
])('%s', ([, rule, expected, told]) => {
  const path = typeof rule === 'string' ? rule : (rule as JsonObject)['path']
  expect(masked(rules(rule))).toMatchObject({ ...expected, [told]: [path] })
})

test('two items of one list', () => {
  expect(masked(rules('/subject/methods/0', '/subject/methods/1'))).toMatchObject({ subject: { methods: [] } })
})

test.for<string>([
  '/effect',
  '/code',
  '/id',
  '/policy/digest',
  '/questions',
  '/questions/0',
  '/questions/0/code',
  '/questions/0/input_sha256',
  '/nothing',
  '/subject/nothing',
])('%s stays as it is', (pointer) => {
  expect(masked(rules(pointer))).toEqual(whole)
})

test('what rules drop leaves its proof, and says that it was dropped', () => {
  const left = masked({ rules: ['/request'], drop: true })
  expect(left).toMatchObject({ ...proof, dropped: true })
  for (const name of ['subject', 'attested', 'request', 'delegation', 'builtins', 'ask_id'])
    expect(left).not.toHaveProperty(name)
  expect(JSON.stringify(left)).not.toContain('orders.example.org')
})

test.for<readonly [string, MaskAnswer | undefined]>([
  ['rules that could not be asked', undefined],
  ['a rule that is none', rules(7)],
  ['a pointer that is none', rules('subject')],
  ['an operation that is none', rules({ op: 'move', path: '/subject' })],
  ['nothing to put in', rules({ op: 'upsert', path: '/subject/id' })],
])('%s: only the proof is written', ([, answer]) => {
  const left = masked(answer)
  expect(left).toMatchObject({ ...proof, mask_failed: true })
  expect(left).not.toHaveProperty('subject')
})

test('whatever rules say, the proof is whole and the line is of the published form', () => {
  const names = [
    'subject',
    'id',
    'questions',
    '0',
    'code',
    'effect',
    'policy',
    'request',
    'path',
    'credentials',
    'claims',
    'x',
  ]
  const pointer = fc
    .array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 })
    .map((parts) => `/${parts.join('/')}`)
  const rule: fc.Arbitrary<JsonValue> = fc.oneof(
    pointer,
    fc.record({
      op: fc.constantFrom('remove', 'upsert', 'other'),
      path: pointer,
      value: fc.jsonValue().map((it) => it as JsonValue),
    }),
  )
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), fc.boolean(), (all, drop) => {
      expect(masked({ rules: all, drop })).toMatchObject(proof)
    }),
    { numRuns: 300 },
  )
})
