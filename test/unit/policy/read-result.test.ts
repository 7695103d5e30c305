import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../../../pdp/core/json.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { readResult, resultClauses, type ResultRules } from '../../../pdp/policy/read-result.ts'
import { resultHeaderClauses } from '../../../pdp/policy/result-headers.ts'
import { resultMemberClauses } from '../../../pdp/policy/result-members.ts'
import { refusesOnly } from '../../support/twin.ts'

const names = ['x-user', 'host', 'content-length', 'connection', 'te', 'x-sallyport-id', ':path', '__proto__']
const rules: ResultRules = {
  maximumTtl: seconds(60),
  requestHeaders: new Set(names),
  responseHeaders: new Set(['x-reply']),
}
const read = (value: JsonValue) => readResult(value, rules)
const withMember = (name: string, value: JsonValue): JsonValue => ({ allow: true, [name]: value })

const reason = { code: 'c', message: 'm' }
const obligation = { id: 'i', type: 't', properties: {} }

type Row = readonly [defect: string, clause: string, member: string, twin: JsonValue, ...defects: JsonValue[]]

const rows: readonly Row[] = [
  ['unknown members', resultClauses.members, 'ttl', 1, 1],
  ['allow', resultMemberClauses.allow, 'allow', false, 'true', 1, 0, null, [], {}, 'false'],
  [
    'reasons',
    resultMemberClauses.reasons,
    'reasons',
    [reason],
    {},
    'x',
    null,
    [1],
    [{ ...reason, more: 1 }],
    [{ code: 'c' }],
    [{ message: 'm' }],
  ],
  [
    'reason codes',
    resultMemberClauses.reasons,
    'reasons',
    [{ ...reason, code: 'a_b.c-d:e/f' }],
    [{ ...reason, code: '' }],
    [{ ...reason, code: 'a b' }],
    [{ ...reason, code: 'x'.repeat(129) }],
    [{ ...reason, code: 1 }],
  ],
  [
    'reason messages',
    resultMemberClauses.reasons,
    'reasons',
    [{ ...reason, message: 'x'.repeat(1024) }],
    [{ ...reason, message: 'x'.repeat(1025) }],
    [{ ...reason, message: null }],
    [{ ...reason, message: '\ud800' }],
  ],
  [
    'many reasons',
    resultMemberClauses.reasons,
    'reasons',
    Array.from({ length: 64 }, () => reason),
    Array.from({ length: 65 }, () => reason),
  ],
  [
    'obligations',
    resultMemberClauses.obligations,
    'obligations',
    [obligation],
    {},
    [[]],
    [{ ...obligation, more: 1 }],
    [{ ...obligation, properties: [] }],
    [{ ...obligation, id: 1 }],
    [{ ...obligation, type: '' }],
    [{ id: 'i', type: 't' }],
  ],
  ['ttl', resultMemberClauses.ttl, 'ttl', 0, -1, 0.5, '1', null, 2 ** 53, true],
  ['status', resultMemberClauses.status, 'status', 404, 200, 302, 500, '403', null, true],
  [
    'challenge',
    resultMemberClauses.challenge,
    'challenge',
    { scope: 'a:b c', acr_values: 'urn:x' },
    [],
    { scope: '' },
    { scope: 'a  b' },
    { scope: ' a' },
    { scope: 'a"b' },
    { scope: 'a\\b' },
    { acr_values: 'ü' },
    { acr_values: 'a\r\nb' },
    { scope: 1 },
    { realm: 'x' },
    null,
  ],
  ['header objects', resultHeaderClauses.shape, 'request_headers', {}, [], 'x', null],
  [
    'header names',
    resultHeaderClauses.name,
    'request_headers',
    { 'X-User': 'a' },
    { ':path': 'a' },
    { 'x user': 'a' },
    { '': 'a' },
    { 'X-User': 'a', 'x-user': 'a' },
  ],
  [
    'headers not listed',
    resultHeaderClauses.allowed,
    'request_headers',
    { 'x-user': 'a' },
    { 'x-reply': 'a' },
    { host: 'a' },
    { Connection: 'a' },
    { te: 'a' },
    { 'content-length': '1' },
    { 'X-Sallyport-Id': 'a' },
  ],
  [
    'response headers not listed',
    resultHeaderClauses.allowed,
    'response_headers',
    { 'x-reply': 'a' },
    { 'x-user': 'a' },
  ],
  [
    'header values',
    resultHeaderClauses.value,
    'request_headers',
    { 'x-user': 'a \t b' },
    { 'x-user': 'a\r\nx: y' },
    { 'x-user': ' a' },
    { 'x-user': 'a ' },
    { 'x-user': 'ü' },
    { 'x-user': '\0' },
    { 'x-user': 1 },
    { 'x-user': ['a'] },
    { 'x-user': 'a'.repeat(4097) },
  ],
]

const cases = rows.flatMap(([defect, clause, name, twin, ...defects]) =>
  defects.map((value) => ({ defect, clause, name, twin, value })),
)

describe('a result is refused for', () => {
  test.for(cases)('$defect: $value', async ({ clause, name, twin, value, defect }) => {
    const bad = defect === 'unknown members' ? withMember('deny', value) : withMember(name, value)
    await refusesOnly(read, withMember(name, twin), bad, { code: 'POLICY_ERROR', clause })
  })

  test.for([null, 0, 1, '', 'true', [], [true]])('its type: %j', async (value) => {
    await refusesOnly(read, true, value, { code: 'POLICY_ERROR', clause: resultClauses.shape })
  })

  test('having no allow', async () => {
    await refusesOnly(read, { allow: false }, {}, { code: 'POLICY_ERROR', clause: resultMemberClauses.allow })
  })

  test('a member that objects have anyway', async () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty'])
      expect(read(withMember(name, 1))).toMatchObject({ code: 'POLICY_ERROR', clause: resultClauses.members })
  })
})

test('reasons are sorted by code, then message, by code point', () => {
  const reasons = [
    { code: 'b', message: 'a' },
    { code: 'a', message: '\u{1f600}' },
    { code: 'a', message: '\ufffd' },
    { code: 'a', message: 'x' },
  ]
  const read = readResult({ allow: false, reasons }, rules)
  expect(read.ok && read.value.reasons.map(({ code, message }) => code + message)).toEqual([
    'ax',
    'a\ufffd',
    'a\u{1f600}',
    'ba',
  ])
})

test('a ttl is cut to the maximum, and header names are lower-cased', () => {
  expect(read({ allow: true, ttl: 3600, request_headers: { 'X-USER': 'a' } })).toMatchObject({
    value: { ttl: 60, requestHeaders: { 'x-user': 'a' } },
  })
})
