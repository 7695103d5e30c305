import { createConcurrencyLimit } from '../../../pdp/doors/concurrency-limit.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizeBytes, sendRaw, startTestServer, type TestServer } from '../../support/http.ts'
import { bearer, svid } from '../../support/world.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => server.close())

const request = { method: 'GET', url: 'https://orders.example.org/v1/orders/42', headers: bearer(svid()) }
const question = { action: { name: 'read' }, resource: { type: 'order', id: '42' } }
const good = { request, ...question }
const json = (value: unknown) => JSON.stringify(value)
const goodText = json(good)

/** Bytes of a body that differs from the good one by `changes`; `undefined` removes a member. */
const bytes = (changes: object) => authorizeBytes({ body: json({ ...good, ...changes }) })
const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const withContext = (text: string) => authorizeBytes({ body: `{"context":{"x":${text}},${goodText.slice(1)}` })
const chunked = (body: string) =>
  `POST /authorize/orders HTTP/1.1\r\nhost: a\r\nauthorization: Bearer sp_pep_test-key-of-the-gateway\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${body}`

type Row = readonly [name: string, twin: string | Buffer, defect: string | Buffer, status: number, clause: string]

const plain = authorizeBytes({ body: goodText })

const bodies: readonly Row[] = [
  [
    'body larger than the limit',
    plain,
    authorizeBytes({ body: json({ ...good, context: { pad: 'x'.repeat(66_000) } }) }),
    413,
    'http-body-size',
  ],
  [
    'chunked body without end',
    chunked(`${Buffer.byteLength(goodText).toString(16)}\r\n${goodText}\r\n0\r\n\r\n`),
    chunked(`11000\r\n${'x'.repeat(0x11000)}\r\n`),
    413,
    'http-body-size',
  ],
  ['JSON nested deeply', withContext(deep(62)), withContext(deep(63)), 400, 'json-depth'],
  ['JSON nested a hundred thousand levels', plain, authorizeBytes({ body: deep(30_000) }), 400, 'json-depth'],
  [
    'huge key count',
    withContext(json(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, 1])))),
    withContext(json(Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`k${i}`, 1])))),
    400,
    'json-members',
  ],
  [
    'duplicate keys',
    plain,
    authorizeBytes({ body: `{"action":{"name":"delete"},${goodText.slice(1)}` }),
    400,
    'json-duplicate-key',
  ],
  [
    'duplicate keys, one escaped',
    withContext('{"a":1}'),
    withContext('{"a":1,"\\u0061":2}'),
    400,
    'json-duplicate-key',
  ],
  ['__proto__ key', withContext('{"proto":1}'), withContext('{"__proto__":{"allow":true}}'), 400, 'json-proto-key'],
  ['1e400', withContext('1e300'.replace('300', '15')), withContext('1e400'), 400, 'json-number'],
  ['2^53+1', withContext('9007199254740991'), withContext('9007199254740993'), 400, 'json-number'],
  ['-0', withContext('0'), withContext('-0'), 400, 'json-number'],
  ['lone surrogate', withContext('"\\ud83d\\ude00"'), withContext('"\\ud800"'), 400, 'json-lone-surrogate'],
  [
    'invalid UTF-8',
    plain,
    authorizeBytes({
      body: Buffer.concat([
        Buffer.from('{"context":{"x":"'),
        Buffer.from([0xff]),
        Buffer.from(`"},${goodText.slice(1)}`),
      ]),
    }),
    400,
    'http-body-utf8',
  ],
  ['byte order mark', plain, authorizeBytes({ body: `\ufeff${goodText}` }), 400, 'rfc8259-8.1-byte-order-mark'],
  ['NUL in the body', plain, authorizeBytes({ body: `${goodText}\0` }), 400, 'json-syntax'],
  ['trailing bytes', plain, authorizeBytes({ body: `${goodText}{}` }), 400, 'json-syntax'],
  ['empty body', plain, authorizeBytes({ body: '' }), 400, 'http-body-present'],
  [
    'wrong Content-Type',
    plain,
    authorizeBytes({ body: goodText, contentType: 'text/plain' }),
    415,
    'http-content-type',
  ],
  ['no Content-Type', plain, authorizeBytes({ body: goodText, contentType: null }), 415, 'http-content-type'],
  [
    'another charset',
    authorizeBytes({ body: goodText, contentType: 'application/json; charset=utf-8' }),
    authorizeBytes({ body: goodText, contentType: 'application/json; charset=latin1' }),
    415,
    'http-content-type',
  ],
  [
    'Content-Encoding gzip',
    plain,
    authorizeBytes({ body: goodText, headers: ['content-encoding: gzip'] }),
    415,
    'http-content-encoding',
  ],
]

const shapes: readonly Row[] = [
  ['unknown member', plain, bytes({ resourse: {} }), 400, 'authorize-request-shape'],
  ['unknown member of request', plain, bytes({ request: { ...request, verb: 'GET' } }), 400, 'authorize-request-shape'],
  ['an array', plain, authorizeBytes({ body: '[]' }), 400, 'authorize-request-shape'],
  ['a string', plain, authorizeBytes({ body: '"allow"' }), 400, 'authorize-request-shape'],
  ['action without resource', plain, bytes({ resource: undefined }), 400, 'authorize-question-present'],
  [
    'action and checks',
    authorizeBytes({ body: json({ request, checks: [question] }) }),
    bytes({ checks: [question] }),
    400,
    'authorize-one-question-form',
  ],
  [
    'no checks',
    authorizeBytes({ body: json({ request, checks: [question] }) }),
    authorizeBytes({ body: json({ request, checks: [] }) }),
    400,
    'authorize-request-shape',
  ],
  [
    '101 checks',
    authorizeBytes({ body: json({ request, checks: Array.from({ length: 100 }, () => question) }) }),
    authorizeBytes({ body: json({ request, checks: Array.from({ length: 101 }, () => question) }) }),
    400,
    'authorize-request-shape',
  ],
  [
    'nothing asked',
    plain,
    authorizeBytes({ body: json({ credentials: [{ type: 'bearer', token: svid() }] }) }),
    400,
    'authorize-question-present',
  ],
  [
    'evidence in both places',
    plain,
    bytes({ credentials: [{ type: 'bearer', token: svid() }] }),
    400,
    'authorize-evidence-in-one-place',
  ],
  [
    'header name with a space',
    plain,
    bytes({ request: { ...request, headers: { ...request.headers, 'x y': '1' } } }),
    400,
    'authorize-header-name',
  ],
  [
    'header value with a line break',
    plain,
    bytes({ request: { ...request, headers: { ...request.headers, accept: 'a\r\nb' } } }),
    400,
    'authorize-header-value',
  ],
  ['method in lower case', plain, bytes({ request: { ...request, method: 'get' } }), 400, 'rfc9110-9.1-method'],
  ['relative url', plain, bytes({ request: { ...request, url: '/v1/orders/42' } }), 400, 'rfc9110-4.2-url'],
  [
    'url with user information',
    plain,
    bytes({ request: { ...request, url: 'https://a@orders.example.org/v1/orders/42' } }),
    400,
    'rfc9110-4.2.4-userinfo',
  ],
  [
    'url with a fragment',
    plain,
    bytes({ request: { ...request, url: 'https://orders.example.org/v1/orders/42#x' } }),
    400,
    'rfc9110-4.2.5-fragment',
  ],
  [
    'url with raw UTF-8',
    plain,
    bytes({ request: { ...request, url: 'https://orders.example.org/v1/orders/é' } }),
    400,
    'rfc9110-4.2-url',
  ],
]

const heads: readonly Row[] = [
  [
    'two Host headers',
    plain,
    authorizeBytes({ body: goodText, headers: ['host: evil.example'] }),
    400,
    'http-duplicate-header',
  ],
  [
    'two Authorization headers',
    plain,
    authorizeBytes({ body: goodText, headers: ['Authorization: Bearer other'] }),
    400,
    'http-duplicate-header',
  ],
  [
    'two Content-Type headers',
    plain,
    authorizeBytes({ body: goodText, headers: ['content-type: application/json'] }),
    400,
    'http-duplicate-header',
  ],
  [
    'absolute-form target',
    plain,
    authorizeBytes({ path: 'http://evil.example/authorize/orders', body: goodText }),
    400,
    'rfc9112-3.2-origin-form',
  ],
  [
    'an ask id with a space',
    authorizeBytes({ body: goodText, headers: ['idempotency-key: a-b'] }),
    authorizeBytes({ body: goodText, headers: ['idempotency-key: a b'] }),
    400,
    'http-idempotency-key-form',
  ],
  [
    'CL and TE',
    plain,
    authorizeBytes({ body: goodText, headers: ['transfer-encoding: chunked'] }),
    400,
    'rfc9112-2.2-message-parsing',
  ],
  [
    'two Content-Length',
    plain,
    authorizeBytes({ body: goodText, headers: ['content-length: 1'] }),
    400,
    'rfc9112-2.2-message-parsing',
  ],
  [
    'bad TE',
    plain,
    Buffer.from(
      authorizeBytes({ body: goodText })
        .toString()
        .replace(/content-length: \d+/, 'transfer-encoding: xchunked'),
    ),
    400,
    'rfc9112-2.2-message-parsing',
  ],
  [
    'obs-fold',
    plain,
    authorizeBytes({ body: goodText, headers: ['x-a: 1\r\n 2'] }),
    400,
    'rfc9112-2.2-message-parsing',
  ],
  [
    'NUL in the target',
    plain,
    authorizeBytes({ path: '/authorize/orders\0', body: goodText }),
    400,
    'rfc9112-2.2-message-parsing',
  ],
  [
    'a head of 17 KiB',
    plain,
    authorizeBytes({ body: goodText, headers: [`x-a: ${'a'.repeat(17_000)}`] }),
    400,
    'http-head-size',
  ],
  ['GET', plain, authorizeBytes({ method: 'GET', body: goodText }), 405, 'http-method-allowed'],
  ['another path', plain, authorizeBytes({ path: '/v1/data', body: goodText }), 404, 'http-route-known'],
  [
    'a path that goes on',
    plain,
    authorizeBytes({ path: '/authorize/orders/x', body: goodText }),
    404,
    'http-route-known',
  ],
  ['a query', plain, authorizeBytes({ path: '/authorize/orders?x=1', body: goodText }), 404, 'http-route-known'],
]

const peps: readonly Row[] = [
  ['no key', plain, authorizeBytes({ body: goodText, key: null }), 401, 'pep-authenticated'],
  [
    'a wrong key',
    plain,
    authorizeBytes({ body: goodText, key: 'sp_pep_another-key-of-nobody' }),
    401,
    'pep-bearer-known',
  ],
  [
    'a key in another scheme',
    plain,
    authorizeBytes({ body: goodText, key: null, headers: ['authorization: Basic c3BfcGVwX3Rlc3Q='] }),
    401,
    'pep-bearer-form',
  ],
  [
    'a service that is not there',
    plain,
    authorizeBytes({ path: '/authorize/payments', body: goodText }),
    404,
    'service-known',
  ],
  [
    'no service where there are two',
    plain,
    authorizeBytes({ path: '/authorize', body: goodText }),
    404,
    'service-named',
  ],
]

describe.each([
  ['body', bodies],
  ['shape', shapes],
  ['head', heads],
  ['enforcement point', peps],
])('%s', (_name, rows) => {
  test.each(rows)('%s', async (_defect, twin, defect, status, clause) => {
    const accepted = await sendRaw(server.port, [twin])
    expect(accepted.status, 'the twin without the defect must be decided').toBe(200)
    expect(JSON.parse(accepted.body)).toMatchObject({ id: expect.any(String) })
    const records = server.point.log.lines().length
    const refused = await sendRaw(server.port, [defect])
    expect({
      status: refused.status,
      clause: (JSON.parse(refused.body || '{}') as { clause?: string }).clause,
    }).toEqual({ status, clause })
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(server.point.log.lines().length, 'nothing was evaluated').toBe(records)
  })
})

describe('slow clients', () => {
  test('slow headers: 408 and the connection ends', async () => {
    const reply = await sendRaw(server.port, [
      'POST /authorize HTTP/1.1\r\nhost: a\r\n',
      { pause: 1_200 },
      'x: y\r\n\r\n',
    ])
    expect({ status: reply.status, closed: reply.closed }).toEqual({ status: 408, closed: true })
  })

  test('slow body: 408 and the connection ends', async () => {
    const bytes = authorizeBytes({ body: goodText })
    const reply = await sendRaw(server.port, [
      bytes.subarray(0, bytes.length - 5),
      { pause: 1_500 },
      bytes.subarray(bytes.length - 5),
    ])
    expect({ status: reply.status, closed: reply.closed }).toEqual({ status: 408, closed: true })
  })

  test('the twin, in pieces but in time, is decided', async () => {
    const bytes = authorizeBytes({ body: goodText })
    const reply = await sendRaw(server.port, [
      bytes.subarray(0, 60),
      { pause: 50 },
      bytes.subarray(60, 200),
      { pause: 50 },
      bytes.subarray(200),
    ])
    expect(reply.status).toBe(200)
  })
})

test('header __proto__ neither crashes nor counts', async () => {
  const reply = await sendRaw(server.port, [
    authorizeBytes({ body: goodText, headers: ['__proto__: 1', 'constructor: 2'] }),
  ])
  expect(reply.status).toBe(200)
})

test('X-Request-ID is echoed if it is of a harmless form', async () => {
  const echoed = await sendRaw(server.port, [authorizeBytes({ body: goodText, headers: ['x-request-id: req-1'] })])
  expect(echoed.headers.get('x-request-id')).toBe('req-1')
  const dropped = await sendRaw(server.port, [
    authorizeBytes({ body: goodText, headers: [`x-request-id: ${'r'.repeat(200)}`] }),
  ])
  expect(dropped.status).toBe(200)
  expect(dropped.headers.has('x-request-id')).toBe(false)
})

test('more asks under way than the limit: an explicit 503', async () => {
  const crowded = await startTestServer({
    concurrency: createConcurrencyLimit({ maximum: 1, targetMs: 1_000 }),
    limits: {
      bodyBytes: 65_536,
      headersTimeoutMs: 2_000,
      requestTimeoutMs: 3_000,
      idleTimeoutMs: 500,
      connections: 16,
    },
  })
  const slow = sendRaw(crowded.port, [
    plain.subarray(0, plain.length - 5),
    { pause: 400 },
    plain.subarray(plain.length - 5),
  ])
  await new Promise((resolve) => setTimeout(resolve, 150))
  const shed = await sendRaw(crowded.port, [plain])
  expect({ status: shed.status, retry: shed.headers.get('retry-after') }).toEqual({ status: 503, retry: '1' })
  expect((await slow).status).toBe(200)
  await crowded.close()
})
