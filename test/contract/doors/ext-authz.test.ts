import { connect, type ClientHttp2Session } from 'node:http2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPath } from '../../../pdp/doors/ext-authz/check-method.ts'
import { createTestDecisionPoint, gatewayKey } from '../../support/decision-point.ts'
import { type CheckServer, startCheckServer } from '../../support/check-calls.ts'
import { type CheckGiven, checkBytes, readCheckAnswer } from '../../support/check-messages.ts'
import { type Changes, clientKey, dpopProof, svid, type TokenChanges } from '../../support/world.ts'

let server: CheckServer
beforeAll(async () => {
  server = await startCheckServer()
})
afterAll(() => server.close())

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('an allow says who, removes the identity headers it does not set, and gives the log its id', async () => {
  const answer = await server.check({ headers: { ...bearer(svid()), 'x-sallyport-subject': 'spoofed' } })
  expect(answer).toMatchObject({
    code: 0,
    headers: {
      'x-sallyport-subject': 'spiffe://prod.example/ns/shop/sa/checkout',
      'x-sallyport-issuer': 'spiffe://prod.example',
      'x-sallyport-methods': 'jwt-svid',
      'x-sallyport-assurance': '1',
      'x-sallyport-decision-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    },
    removed: [],
    metadata: { decision: 'allow', code: 'ALLOWED', subject: 'spiffe://prod.example/ns/shop/sa/checkout' },
  })
  expect(answer.metadata['decision_id']).toBe(answer.headers['x-sallyport-decision-id'])
})

interface Row {
  readonly name: string
  readonly given: () => CheckGiven
  readonly code: 7 | 16
  readonly http: number
  readonly says: string
  /** What differs in the named defect alone, and is allowed. */
  readonly twin: () => CheckGiven
}

const good = () => ({ headers: bearer(svid()) })
const token = (claims: Changes) => ({ headers: bearer(svid({ claims })) })

const rows: readonly Row[] = [
  { name: 'no credential', given: () => ({}), code: 16, http: 401, says: 'CREDENTIAL_MISSING', twin: good },
  {
    name: 'an expired credential',
    given: () => token({ iat: 1, exp: 2 }),
    code: 16,
    http: 401,
    says: 'EXPIRED',
    twin: good,
  },
  {
    name: 'another service of the same gateway (cross-service)',
    given: () => ({ ...good(), service: 'billing' }),
    code: 16,
    http: 401,
    says: 'AUDIENCE_REFUSED',
    twin: good,
  },
  {
    name: 'an action that policy denies',
    given: () => ({ ...good(), http: { method: 'DELETE' } }),
    code: 7,
    http: 403,
    says: 'POLICY_DENIED',
    twin: good,
  },
  {
    name: 'two Authorization values, joined by the proxy (CVE-2026-26308)',
    given: () => ({ headers: { authorization: `Bearer ${svid()},Bearer ${svid()}` } }),
    code: 16,
    http: 401,
    says: 'CREDENTIAL_AMBIGUOUS',
    twin: good,
  },
  ...[
    '//v1/orders/42',
    '/v1/../v1/orders/42',
    '/v1%2Forders/42',
    '/v1/orders/42;x=1',
    '/v1/orders\\42',
    '/v1/orders/%2542',
    '/v1/%ff/42',
  ].map(
    (path): Row => ({
      name: `the path ${path}`,
      given: () => ({ ...good(), http: { path } }),
      code: 7,
      http: 403,
      says: 'PATH_AMBIGUOUS',
      twin: good,
    }),
  ),
  {
    name: 'a DPoP proof for another path',
    given: () => {
      const bound = boundSvid()
      return { headers: dpopHeaders(bound, { claims: { htu: 'https://orders.example.org/v1/orders/43' } }) }
    },
    code: 16,
    http: 401,
    says: 'PROOF_INVALID',
    twin: () => ({ headers: dpopHeaders(boundSvid()) }),
  },
]

const boundSvid = () => svid({ claims: { cnf: { jkt: clientKey.thumbprint } } })

const dpopHeaders = (bound: string, changes: TokenChanges = {}) => ({
  authorization: `DPoP ${bound}`,
  dpop: dpopProof(bound, changes),
})

describe('explicit denials: the call itself succeeds', () => {
  test.each(rows)('$name: $says', async ({ given, code, http, says, twin }) => {
    expect((await server.check(twin())).code).toBe(0)
    const answer = await server.check(given())
    expect(answer).toMatchObject({ code, http, metadata: { decision: 'deny', code: says } })
    if (http === 401) expect(answer.headers['www-authenticate']).toMatch(/^(Bearer|DPoP)/)
  })

  const malformed: readonly (readonly [string, CheckGiven, string])[] = [
    ['a path that is absent (CONNECT, CVE-2026-73547)', { http: { method: 'CONNECT', path: '' } }, 'ext-authz-path'],
    ['the path *', { http: { method: 'OPTIONS', path: '*' } }, 'ext-authz-path'],
    ['a lower-case method', { http: { method: 'get' } }, 'rfc9110-9.1-method'],
    ['a host with a user', { http: { host: 'a@b' } }, 'rfc9110-4.2.4-userinfo'],
    ['a fragment', { http: { path: '/a#b' } }, 'rfc9110-4.2.5-fragment'],
    ['a header value with a control character', { headers: { accept: 'a\nb' } }, 'authorize-header-value'],
    ['headers in both forms', { http: { headerMap: { headers: [] } } }, 'ext-authz-headers-once'],
    ['a certificate that is not percent-encoded', { certificate: '%zz' }, 'ext-authz-source-certificate'],
  ]
  test.each(malformed)('%s', async (_, given, clause) => {
    expect((await server.check(good())).code).toBe(0)
    const answer = await server.check({ ...given, headers: { ...good().headers, ...given.headers } })
    expect(answer).toMatchObject({ code: 7, http: 400, body: '' })
    expect(server.refused.at(-1)).toBe(clause)
  })

  test.each([
    ['an enforcement point without a key', '', 'pep-authenticated'],
    ['one with another key', 'sp_pep_another-key-of-no-gateway', 'pep-bearer-known'],
  ])('%s', async (_, key, clause) => {
    expect((await server.check(good())).code).toBe(0)
    expect(await server.check(good(), { key })).toMatchObject({ code: 7, http: 403 })
    expect(server.refused.at(-1)).toBe(clause)
  })

  test('a service that is not known, or not named where there are several', async () => {
    expect(await server.check({ ...good(), service: 'none' })).toMatchObject({ code: 7, http: 403 })
    expect(await server.check({ ...good(), service: '' })).toMatchObject({ code: 7, http: 403 })
  })

  test('bytes that are no message, and a message that is too long: what a caller sends can end in both', async () => {
    for (const bytes of [Buffer.from([0xff, 0xff]), Buffer.alloc(5 * 1_048_576), nonUtf8()]) {
      const answer = await server.call(bytes)
      if (!Buffer.isBuffer(answer)) throw answer
      expect(readCheckAnswer(answer)).toMatchObject({ code: 7, http: 400 })
    }
  })

  test('more under way than is allowed', async () => {
    const busy = await startCheckServer({
      concurrency: {
        enter: () => false,
        leave: () => undefined,
        limit: () => 0,
        taken: () => ({ inside: 0, waiting: 0 }),
      },
    })
    expect(await busy.check(good())).toMatchObject({ code: 7, http: 503 })
    await busy.close()
  })

  test('no decision in time: the answer comes before the caller gives up', async () => {
    const stuck = await createTestDecisionPoint()
    const slow = await startCheckServer({}, { ...stuck, decide: () => new Promise(() => undefined) })
    expect(await slow.check(good(), { timeoutMs: 500 })).toMatchObject({ code: 7, http: 503 })
    expect(slow.refused).toEqual(['ext-authz-timeout'])
    await slow.close()
  })

  test('a fault of our own', async () => {
    const broken = await createTestDecisionPoint()
    const faulty = await startCheckServer({}, { ...broken, decide: () => Promise.reject(new Error('planted')) })
    expect(await faulty.check(good())).toMatchObject({ code: 7, http: 503 })
    await faulty.close()
  })
})

/** A check with a header value that is not UTF-8, as Envoy sent them before it encoded raw headers (CVE-2023-27488). */
function nonUtf8(): Buffer {
  const bytes = checkBytes({ headers: { ...good().headers, accept: 'MARK' } })
  bytes.fill(0xff, bytes.indexOf('MARK'), bytes.indexOf('MARK') + 4)
  return bytes
}

test('raw headers: each value by itself, bytes or text', async () => {
  const headers = [
    { key: ':path', value: '/v1/orders/42', rawValue: Buffer.alloc(0) },
    { key: 'authorization', value: '', rawValue: Buffer.from(`Bearer ${svid()}`) },
    { key: 'accept', value: '', rawValue: Buffer.from([0xff, 0xfe]) },
  ]
  const given = (list: typeof headers) => ({
    http: { headers: {}, headerMap: { headers: list } },
  })
  expect((await server.check(given(headers))).code).toBe(0)
  const twice = [...headers, { key: 'authorization', value: `Bearer ${svid()}`, rawValue: Buffer.alloc(0) }]
  expect(await server.check(given(twice))).toMatchObject({ code: 16, metadata: { code: 'CREDENTIAL_AMBIGUOUS' } })
})

test('what the proxy says of its peer is never evidence', async () => {
  const answer = await server.check({ principal: 'spiffe://prod.example/ns/shop/sa/checkout' })
  expect(answer).toMatchObject({ code: 16, metadata: { code: 'CREDENTIAL_MISSING' } })
})

test('a certificate from an enforcement point that may not vouch is a refusal', async () => {
  const answer = await server.check({ ...good(), certificate: encodeURIComponent('-----BEGIN CERTIFICATE-----') })
  expect(answer).toMatchObject({ code: 16, metadata: { code: 'VOUCH_REFUSED' } })
})

test('a DPoP proof is good once, also over this door', async () => {
  const bound = boundSvid()
  const headers = dpopHeaders(bound)
  expect((await server.check({ headers })).code).toBe(0)
  expect(await server.check({ headers })).toMatchObject({ code: 16, metadata: { code: 'REPLAYED' } })
})

describe('the server', () => {
  let session: ClientHttp2Session
  beforeAll(() => {
    session = connect(`http://127.0.0.1:${server.port}`)
  })
  afterAll(() => session.close())

  const usual = {
    ':method': 'POST',
    ':path': checkPath,
    'content-type': 'application/grpc',
    authorization: `Bearer ${gatewayKey}`,
  }

  /** Sends a body over plain HTTP/2; answers the header fields, the trailers and the body. */
  function send(headers: object, body: Buffer): Promise<{ head: Record<string, unknown>; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const stream = session.request({ ...usual, ...headers })
      const parts: Buffer[] = []
      let head: Record<string, unknown> = {}
      stream.on('response', (fields) => {
        head = { ...head, ...fields }
      })
      stream.on('trailers', (fields) => {
        head = { ...head, ...fields }
      })
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('close', () => resolve({ head, body: Buffer.concat(parts) }))
      stream.on('error', reject)
      stream.end(body)
    })
  }
  const prefixed = (message: Buffer, flag = 0) => {
    const head = Buffer.alloc(5)
    head[0] = flag
    head.writeUInt32BE(message.length, 1)
    return Buffer.concat([head, message])
  }

  test('a method that is not there is UNIMPLEMENTED; what is no gRPC is 415', async () => {
    expect((await send({}, prefixed(checkBytes(good())))).head).toMatchObject({ ':status': 200, 'grpc-status': '0' })
    expect(
      (await send({ ':path': '/envoy.service.auth.v3.Authorization/Other' }, prefixed(Buffer.alloc(0)))).head,
    ).toMatchObject({
      'grpc-status': '12',
    })
    expect((await send({ 'content-type': 'application/json' }, Buffer.from('{}'))).head).toMatchObject({
      ':status': 415,
    })
  })

  test.each([
    ['a compressed message (compressed bomb)', () => prefixed(checkBytes(good()), 1)],
    ['a length that is not that of the message', () => prefixed(checkBytes(good())).subarray(0, -1)],
    ['two messages', () => Buffer.concat([prefixed(checkBytes(good())), prefixed(checkBytes(good()))])],
    ['no message', () => Buffer.alloc(0)],
  ])('%s is denied, not an error', async (_, body) => {
    expect((await send({}, prefixed(checkBytes(good())))).body[5]).toBeDefined()
    const { head, body: answer } = await send({}, body())
    expect(head).toMatchObject({ 'grpc-status': '0' })
    expect(readCheckAnswer(answer.subarray(5))).toMatchObject({ code: 7, http: 400 })
  })
})

test('health: Check, and no such service', async () => {
  const path = '/grpc.health.v1.Health/Check'
  const serving = await server.call(Buffer.alloc(0), { path })
  expect(Buffer.isBuffer(serving) && [...serving]).toEqual([8, 1])
  const unknown = await server.call(Buffer.from([10, 1, 0x78]), { path })
  expect(unknown).toMatchObject({ code: 5 })
})

describe.each(['own', 'node'] as const)('over %s HTTP/2', (http2) => {
  test('the same is answered: an allow, denials, what is no message, health', async () => {
    const other = await startCheckServer({ http2 })
    expect(await other.check(good())).toMatchObject({ code: 0, metadata: { code: 'ALLOWED' } })
    expect(await other.check({})).toMatchObject({ code: 16, http: 401 })
    expect(await other.check(good(), { key: '' })).toMatchObject({ code: 7, http: 403 })
    for (const bytes of [Buffer.from([0xff, 0xff]), Buffer.alloc(5 * 1_048_576)]) {
      const answer = await other.call(bytes)
      if (!Buffer.isBuffer(answer)) throw answer
      expect(readCheckAnswer(answer)).toMatchObject({ code: 7, http: 400 })
    }
    const health = await other.call(Buffer.alloc(0), { path: '/grpc.health.v1.Health/Check' })
    expect(Buffer.isBuffer(health) && [...health]).toEqual([8, 1])
    await other.close()
  })
})
