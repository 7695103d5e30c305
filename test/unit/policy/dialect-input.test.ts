import { expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { writeInput } from '../../../pdp/policy/write-input.ts'
import { allReads, inputReadsOf } from '../../../pdp/policy/read-set/input-reads.ts'
import { inputWith } from './test-policy.ts'

const check = (document: JsonObject) => ({ dialect: 'opa-envoy', document }) as const

test('a document is written as it stands, also what is named like a member of ours', () => {
  const document = { time: 1, subject: 'x', attributes: { request: { http: { headers: { ':path': '/' } } } } }
  const written = writeInput(check(document), 10_000, allReads, 'opa-envoy')
  expect(written).toEqual({ ok: true, value: { text: JSON.stringify(document), key: JSON.stringify(document) } })
})

test('what is not read of a document is neither in the text nor in the key', () => {
  const reads = inputReadsOf({ input: { members: { parsed_path: 'whole' } }, data: {}, builtins: [] })
  const of = (id: string) =>
    writeInput(check({ parsed_path: ['a'], attributes: { request: { http: { id } } } }), 10_000, reads, 'opa-envoy')
  expect(of('1')).toEqual(of('2'))
  expect(of('1')).toMatchObject({ value: { text: '{"parsed_path":["a"]}' } })
})

test('a policy takes no input of another dialect', () => {
  const [ours, theirs] = [inputWith(), check({})]
  expect(writeInput(ours, 10_000)).toMatchObject({ ok: true })
  expect(writeInput(theirs, 10_000, allReads, 'opa-envoy')).toMatchObject({ ok: true })
  const refused = { ok: false, code: 'INPUT_LIMIT', clause: 'policy-input-dialect' }
  expect(writeInput(theirs, 10_000)).toMatchObject(refused)
  expect(writeInput(ours, 10_000, allReads, 'opa-envoy')).toMatchObject(refused)
})

test('a document is bounded, and well-formed', () => {
  expect(writeInput(check({ a: 'x'.repeat(90) }), 100, allReads, 'opa-envoy')).toMatchObject({ ok: true })
  expect(writeInput(check({ a: 'x'.repeat(100) }), 100, allReads, 'opa-envoy')).toMatchObject({
    clause: 'policy-input-size',
  })
  expect(writeInput(check({ a: '\ud800' }), 100, allReads, 'opa-envoy')).toMatchObject({
    clause: 'policy-input-well-formed',
  })
})
