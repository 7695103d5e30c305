import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../../pdp/core/json.ts'
import { defaultResultRules, readResult } from '../../../../pdp/policy/read-result.ts'
import { writeResult } from '../../../../pdp/policy/write-result.ts'

const rules = { ...defaultResultRules, dialect: 'opa-envoy' } as const
const read = (value: JsonValue) => readResult(value, rules)

const empty = { headers: {}, responseHeaders: {}, headersToRemove: [], queryToSet: [], queryToRemove: [] }

describe('a result of the OPA-Envoy dialect', () => {
  const rows: readonly (readonly [string, JsonValue, boolean, JsonObject])[] = [
    ['true', true, true, {}],
    ['false', false, false, {}],
    ['an object that says no more', { allowed: true }, true, {}],
    ['members that have no meaning', { allowed: true, reason: 'x', allow: false }, true, {}],
    [
      'headers of strings and of lists',
      { allowed: true, headers: { 'X-User': 'a', 'x-role': ['r', 's'] } },
      true,
      { headers: { 'x-user': ['a'], 'x-role': ['r', 's'] } },
    ],
    [
      'headers as a list of objects, one name twice',
      { allowed: false, headers: [{ 'set-cookie': 'a' }, { 'Set-Cookie': ['b', 'c'] }] },
      false,
      { headers: { 'set-cookie': ['a', 'b', 'c'] } },
    ],
    [
      'what an allow changes',
      {
        allowed: true,
        request_headers_to_remove: ['X-Debug'],
        response_headers_to_add: [{ 'x-one': '1' }, { 'x-two': '' }],
        query_parameters_to_set: { a: '1', b: ['2', '3'] },
        query_parameters_to_remove: ['token'],
        dynamic_metadata: { tier: 'gold', n: 1, deep: { list: [null, false] } },
      },
      true,
      {
        headersToRemove: ['x-debug'],
        responseHeaders: { 'x-one': ['1'], 'x-two': [''] },
        queryToSet: [
          ['a', '1'],
          ['b', '2'],
          ['b', '3'],
        ],
        queryToRemove: ['token'],
        metadata: { tier: 'gold', n: 1, deep: { list: [null, false] } },
      },
    ],
    [
      'what a deny answers',
      { allowed: false, http_status: 429, body: 'later', dynamic_metadata: {} },
      false,
      { status: 429, body: 'later', metadata: {} },
    ],
    ['members of a deny in an allow', { allowed: true, http_status: 'x', body: 1 }, true, {}],
    ['members of an allow in a deny', { allowed: false, query_parameters_to_set: 1 }, false, {}],
  ]
  test.each(rows)('%s', (_, value, allow, reply) => {
    const answer = read(value)
    expect(answer).toMatchObject({ ok: true, value: { allow, requestHeaders: {}, responseHeaders: {} } })
    expect(answer.ok && answer.value.reply).toEqual({ ...empty, ...reply })
    expect(answer.ok && read(writeResult(answer.value))).toEqual(answer)
  })

  test('is none of ours, and ours is none of it', () => {
    expect(readResult({ allowed: true }, defaultResultRules)).toMatchObject({ ok: false })
    expect(read({ allow: true })).toMatchObject({ ok: false, clause: 'opa-envoy-result-allowed' })
  })
})

describe('what the plugin answers with a failed call is a refusal', () => {
  const rows: readonly (readonly [string, JsonValue, string, JsonValue])[] = [
    ['a number', 1, 'opa-envoy-result-shape', true],
    ['a list', [true], 'opa-envoy-result-shape', true],
    ['null', null, 'opa-envoy-result-shape', false],
    ['no `allowed`', { headers: {} }, 'opa-envoy-result-allowed', { headers: {}, allowed: true }],
    ['`allowed` as a text', { allowed: 'true' }, 'opa-envoy-result-allowed', { allowed: true }],
    ...[
      ['a number', 5, {}],
      ['a list of texts', ['x-a'], [{ 'x-a': '' }]],
    ].map(
      ([what, bad, good]) =>
        [
          `headers as ${String(what)}`,
          { allowed: true, headers: bad as JsonValue },
          'opa-envoy-result-headers',
          { allowed: true, headers: good as JsonValue },
        ] as const,
    ),
    ...(
      [
        ['a name that is no token', 'x a', 'opa-envoy-result-header-name'],
        ['a pseudo-header', ':path', 'opa-envoy-result-header-name'],
        ['a header of ours', 'X-Sallyport-Subject', 'opa-envoy-result-header-reserved'],
        ['Host', 'Host', 'opa-envoy-result-header-reserved'],
        ['Content-Length', 'content-length', 'opa-envoy-result-header-reserved'],
        ['a hop-by-hop header', 'connection', 'opa-envoy-result-header-reserved'],
      ] as const
    ).flatMap(([what, name, clause]) => [
      [
        `${what} to set`,
        { allowed: true, headers: { [name]: 'v' } },
        clause,
        { allowed: true, headers: { x: 'v' } },
      ] as const,
      [
        `${what} to remove`,
        { allowed: true, request_headers_to_remove: [name] },
        clause,
        { allowed: true, request_headers_to_remove: ['x'] },
      ] as const,
      [
        `${what} to add`,
        { allowed: true, response_headers_to_add: { [name]: 'v' } },
        clause,
        { allowed: true, response_headers_to_add: { x: 'v' } },
      ] as const,
      [
        `${what} of a deny`,
        { allowed: false, headers: { [name]: 'v' } },
        clause,
        { allowed: false, headers: { x: 'v' } },
      ] as const,
    ]),
    ...['a\r\nset-cookie: b', 'a\0', '\ud800'].map(
      (value) =>
        [
          `the header value ${JSON.stringify(value)}`,
          { allowed: true, headers: { x: value } },
          'opa-envoy-result-header-value',
          { allowed: true, headers: { x: 'a' } },
        ] as const,
    ),
    [
      'a header value that is a number',
      { allowed: true, headers: { x: 1 } },
      'opa-envoy-result-header-value',
      { allowed: true, headers: { x: '1' } },
    ],
    [
      'names to remove as a text',
      { allowed: true, request_headers_to_remove: 'x' },
      'opa-envoy-result-headers',
      { allowed: true, request_headers_to_remove: ['x'] },
    ],
    ['a body that is an object', { allowed: false, body: {} }, 'opa-envoy-result-body', { allowed: false, body: '{}' }],
    ...[299, 100, 0, '403', 403.5].map(
      (status) =>
        [
          `the status ${JSON.stringify(status)}`,
          { allowed: false, http_status: status },
          'opa-envoy-result-http-status',
          { allowed: false, http_status: 403 },
        ] as const,
    ),
    [
      'metadata that is a list',
      { allowed: true, dynamic_metadata: [] },
      'opa-envoy-result-dynamic-metadata',
      { allowed: true, dynamic_metadata: {} },
    ],
    ...['a&admin=1', 'a#', 'a b', 'ä'].map(
      (value) =>
        [
          `the query value ${value}`,
          { allowed: true, query_parameters_to_set: { q: value } },
          'opa-envoy-result-query-parameters',
          { allowed: true, query_parameters_to_set: { q: encodeURIComponent(value) } },
        ] as const,
    ),
    [
      'query values of another type',
      { allowed: true, query_parameters_to_set: { q: [1] } },
      'opa-envoy-result-query-parameters',
      { allowed: true, query_parameters_to_set: { q: ['1'] } },
    ],
    [
      'query parameters to remove as a text',
      { allowed: true, query_parameters_to_remove: 'q' },
      'opa-envoy-result-query-parameters',
      { allowed: true, query_parameters_to_remove: ['q'] },
    ],
  ]
  test.each(rows)('%s', (_, bad, clause, good) => {
    expect(read(good)).toMatchObject({ ok: true })
    expect(read(bad)).toMatchObject({ ok: false, code: 'POLICY_ERROR', clause })
  })
})
