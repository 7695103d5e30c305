import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CheckServer, startCheckServer } from '../../support/check-calls.ts'
import { checkBytes, type CheckGiven, readCheckAnswer } from '../../support/check-messages.ts'
import { svid } from '../../support/world.ts'

// What other decision points behind a proxy got wrong, by the id under which it is known; each beside a check that differs
// in that alone and is allowed. More of them stand where the part is tested that must not do it.

let server: CheckServer
beforeAll(async () => {
  server = await startCheckServer()
})
afterAll(() => server.close())

const bearer = () => ({ authorization: `Bearer ${svid()}` })
const good = (): CheckGiven => ({ headers: bearer() })
const at = (path: string) => (): CheckGiven => ({ ...good(), http: { path } })
const raw =
  (...more: readonly (readonly [string, string])[]) =>
  (): CheckGiven => ({
    http: {
      headers: {},
      headerMap: {
        headers: [['authorization', bearer().authorization] as const, ...more].map(([key, value]) => ({
          key,
          rawValue: Buffer.from(value, 'latin1'),
        })),
      },
    },
  })

describe('another path than the service serves', () => {
  test.each([
    ['an escaped slash in lower case (CVE-2026-42272)', '/v1%2forders/42'],
    ['an escaped slash in upper case (CVE-2026-42272)', '/v1%2Forders/42'],
    ['an authority where a path should be (CVE-2026-26205)', '//evil.example/v1/orders/42'],
    ['parameters of a segment before dots (CVE-2026-73511)', '/v1/..;/orders/42'],
    ['parameters of a segment (CVE-2026-73551)', '/v1/orders;v=1/42'],
    ['escaped dots (CVE-2019-9901)', '/v1/%2e%2e/v1/orders/42'],
    ['a slash too many (CVE-2021-39156)', '/v1//orders/42'],
    ['a back slash (CVE-2019-9901)', '/v1\\orders/42'],
    ['an escaped NUL', '/v1/orders/42%00'],
  ])('%s', async (_, path) => {
    expect((await server.check(at('/v1/orders/42')())).code).toBe(0)
    expect(await server.check(at(path)())).toMatchObject({ code: 7, metadata: { code: 'PATH_AMBIGUOUS' } })
  })

  test('the query begins at the first question mark and is no path (CVE-2026-32811)', async () => {
    expect((await server.check(at('/v1/orders/42?next=//a/../b%2fc;d?e')())).code).toBe(0)
    expect(await server.check(at('/v1/../v1/orders/42?next=/')())).toMatchObject({
      metadata: { code: 'PATH_AMBIGUOUS' },
    })
  })

  test('a host in upper case is the same host (CVE-2026-42273)', async () => {
    expect((await server.check({ ...good(), http: { host: 'ORDERS.Example.ORG' } })).code).toBe(0)
  })

  test.each(['x-envoy-original-path', 'x-forwarded-uri', 'x-original-url', 'x-rewrite-url', 'x-forwarded-prefix'])(
    '%s says nothing about it (CVE-2023-27487, CVE-2024-45806)',
    async (name) => {
      const headers = { ...bearer(), [name]: '/v1/orders/42' }
      expect((await server.check({ headers })).code).toBe(0)
      expect(await server.check({ headers, http: { path: '/v1/secrets' } })).toMatchObject({ code: 7 })
    },
  )

  test.each(['x-http-method-override', 'x-forwarded-method'])('%s is not the method', async (name) => {
    const headers = { ...bearer(), [name]: 'GET' }
    expect((await server.check({ headers })).code).toBe(0)
    expect(await server.check({ headers, http: { method: 'DELETE' } })).toMatchObject({ code: 7 })
  })
})

describe('headers', () => {
  test.each([
    ['NUL in a value (CVE-2019-9900)', raw(['x-any', 'a\0b']), raw(['x-any', 'ab']), 'authorize-header-value'],
    ['a line end in a value', raw(['x-any', 'a\r\nauthorization: b']), raw(['x-any', 'a b']), 'authorize-header-value'],
    ['a name that is none', raw(['x any', 'a']), raw(['x-any', 'a']), 'authorize-header-name'],
  ])('%s', async (_, given, twin, clause) => {
    expect((await server.check(twin())).code).toBe(0)
    expect(await server.check(given())).toMatchObject({ code: 7, http: 400 })
    expect(server.refused.at(-1)).toBe(clause)
  })

  test.each([
    ['two of Authorization, and not the last alone (CVE-2020-25017)', ['authorization', 'Bearer other']],
    ['two of it in another case (CVE-2021-32777)', ['Authorization', 'Bearer other']],
  ] as const)('%s', async (_, other) => {
    expect((await server.check(raw()())).code).toBe(0)
    expect(await server.check(raw(other)())).toMatchObject({ code: 16, metadata: { code: 'CREDENTIAL_AMBIGUOUS' } })
  })

  test('a forwarded certificate from whom may not vouch (CVE-2026-33495)', async () => {
    expect((await server.check(good())).code).toBe(0)
    const headers = { ...bearer(), 'x-forwarded-client-cert': 'By=spiffe://prod.example/a;URI=spiffe://prod.example/b' }
    expect(await server.check({ headers })).toMatchObject({ code: 16 })
  })

  test('__proto__ is a name like any other (CVE-2026-21710)', async () => {
    expect((await server.check(raw(['__proto__', 'a'], ['constructor', 'b'])())).code).toBe(0)
  })
})

describe('little is said, as by other clients than Envoy (gRFC A92), or nothing: an answer, and no error of the call', () => {
  test.each<[string, CheckGiven]>([
    ['nothing of the request', { service: '', http: { method: '', path: '', host: '', scheme: '', protocol: '' } }],
    ['no route (CVE-2026-47205)', { service: '' }],
    ['no host', { http: { host: '' } }],
    ['no path (CVE-2026-73547)', { http: { path: '' } }],
    ['no method', { http: { method: '' } }],
    ['an assurance that is none', { extensions: { minimum_assurance: '5' } }],
  ])('%s', async (_, given) => {
    expect((await server.check(good())).code).toBe(0)
    expect(await server.check({ ...good(), ...given })).toMatchObject({ code: 7 })
  })

  test('no scheme, protocol, size or id is no defect', async () => {
    expect((await server.check({ ...good(), http: { scheme: '', protocol: '', size: 0, id: '' } })).code).toBe(0)
  })

  test('fields that are not known are passed over', async () => {
    const unknown = Buffer.from([0xa2, 0x3f, 1, 0x61]) // field 1012
    const answer = await server.call(Buffer.concat([checkBytes(good()), unknown]))
    if (!Buffer.isBuffer(answer)) throw answer
    expect(readCheckAnswer(answer).code).toBe(0)
  })
})
