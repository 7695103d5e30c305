import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isObject, type JsonValue } from '../../../pdp/core/json.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { readResult, type ResultRules } from '../../../pdp/policy/read-result.ts'
import { writeResult } from '../../../pdp/policy/write-result.ts'

const rules: ResultRules = {
  maximumTtl: seconds(3600),
  requestHeaders: new Set(['x-user', 'x-team']),
  responseHeaders: new Set(['x-reply']),
}

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,20}$/)
const field = fc.stringMatching(/^[!-~]([ -~]{0,10}[!-~])?$/)
const words = fc.stringMatching(/^[a-z:.]{1,8}( [a-z]{1,8}){0,2}$/)
const json = fc.json().map((text): JsonValue => JSON.parse(text))

const result = fc.record(
  {
    allow: fc.boolean(),
    reasons: fc.array(fc.record({ code: name, message: fc.string({ unit: 'grapheme' }) }), { maxLength: 5 }),
    obligations: fc.array(fc.record({ id: name, type: name, properties: fc.dictionary(fc.string(), json) }), {
      maxLength: 3,
    }),
    ttl: fc.nat(7200),
    request_headers: fc.record({ 'x-user': field, 'X-Team': field }, { requiredKeys: [] }),
    response_headers: fc.record({ 'x-reply': field }, { requiredKeys: [] }),
    status: fc.constantFrom(401, 403, 404, 429),
    challenge: fc.record({ scope: words, acr_values: words }, { requiredKeys: [] }),
  },
  { requiredKeys: ['allow'] },
)

test('a good result is read, and what is written of it reads as the same', () => {
  fc.assert(
    fc.property(result, (result) => {
      const read = readResult(result, rules)
      expect(read.ok).toBe(true)
      if (!read.ok) return
      expect(readResult(writeResult(read.value), rules)).toEqual(read)
      expect(readResult(JSON.parse(JSON.stringify(writeResult(read.value))), rules)).toEqual(read)
    }),
    { numRuns: 5_000 },
  )
})

const changed = fc
  .tuple(result, fc.constantFrom('allow', 'reasons', 'ttl', 'status', 'challenge', 'extra'), json)
  .map(([result, member, value]): JsonValue => ({ ...result, [member]: value }))

test('nothing but the boolean true allows, and an answer holds no more than the result said', () => {
  let allows = 0
  fc.assert(
    fc.property(fc.oneof(json, result, changed), (value: JsonValue) => {
      const read = readResult(value, rules)
      const said = isObject(value) ? value['allow'] : value
      expect(read.ok ? read.value.allow : read.code).toBe(read.ok ? said : 'POLICY_ERROR')
      expect(read.ok && typeof said !== 'boolean').toBe(false)
      expect(read.ok ? (read.value.ttl ?? 0) : 0).toBeLessThanOrEqual(3600)
      if (read.ok && read.value.allow) allows++
    }),
    { numRuns: 20_000 },
  )
  expect(allows).toBeGreaterThan(100)
})
