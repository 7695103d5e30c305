import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { usual } from '../../contract/process/harness.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { checkout, clientKey, dpopProof, svid } from '../../support/world.ts'
import { answersByPath } from './answers-by-path.ts'
import type { Envoy, EnvoyGiven, Json } from './envoy.ts'
import { allowed, loggedOf, now, setStage } from './stage.ts'

// ext_authz with http_service: the request itself is the question, and what Envoy passes on are lists.

const stage = setStage(async (site) => {
  await site.file('orders.tar.gz', await buildTestBundle({ rego: answersByPath }))
  return {
    listen: { ...usual.listen, http_authz: `unix:${join(site.folder, 'http-authz.sock')}` },
    http_authz: { convention: 'envoy', path_prefix: '/check' },
    services: { orders: { ...usual.services.orders, dpop_nonce: 'offered' } },
    peps: { gateway: { bearer: 'file:gateway.key', failure_mode_allow: false } },
    policy_headers: { request: ['x-tenant'], response: ['x-policy', 'retry-after'] },
  }
})

const listed = (...names: readonly string[]) => ({ patterns: names.map((exact) => ({ exact, ignore_case: true })) })

const httpFilter = (service: Json = {}, key = stage.site.key): Json => ({
  grpc_service: undefined,
  include_peer_certificate: undefined,
  http_service: {
    server_uri: { uri: 'http://sallyport', cluster: 'pdp', timeout: '1s' },
    path_prefix: '/check',
    authorization_request: { headers_to_add: [{ key: 'x-sallyport-pep-key', value: key }] },
    authorization_response: {
      allowed_upstream_headers: { patterns: [{ prefix: 'x-sallyport-' }, { exact: 'x-tenant' }] },
      allowed_client_headers: listed('www-authenticate', 'dpop-nonce', 'x-policy', 'retry-after'),
      allowed_client_headers_on_success: listed('dpop-nonce', 'x-policy'),
    },
    ...service,
  },
  allowed_headers: listed('dpop', 'accept'),
})

const overHttp = (filter: Json = {}, more: Partial<EnvoyGiven> = {}) =>
  stage.envoy({
    pdp: `unix:${join(stage.site.folder, 'http-authz.sock')}`,
    overHttp: true,
    filter: { ...httpFilter(), ...filter },
    ...more,
  })

let envoy: Envoy
beforeEach(async () => {
  envoy = await overHttp()
})
const ask = (path: string, headers: Record<string, string | string[]> = {}, more: object = {}) =>
  stage.ask({ ...allowed(), ...headers }, { port: envoy.port, path, ...more })

test('an allow reaches the upstream with who is calling; what the client says of that is gone', async () => {
  const spoofed = { 'x-sallyport-subject': 'spiffe://evil.example/x', 'x-tenant': 'evil' }
  const reply = await ask('/v1/tenant', spoofed)
  expect(reply).toMatchObject({ status: 200, body: 'upstream', headers: { 'x-policy': 'seen' } })
  expect(stage.received()[0]?.url).toBe('/v1/tenant')
  expect(stage.received()[0]?.headers).toMatchObject({ 'x-sallyport-subject': checkout, 'x-tenant': 'acme' })
  expect(stage.received()[0]?.headers).not.toHaveProperty('x-sallyport-pep-key')
})

test('a header that policy could set and does not is blank, and not the client’s', async () => {
  expect((await ask('/v1/open', { 'x-tenant': 'evil' })).status).toBe(200)
  expect(stage.received()[0]?.headers['x-tenant'] ?? '').toBe('')
})

describe('denials: 401 or 403, and nothing else', () => {
  test.each([
    ['/v1/401', 401, /^Bearer error=/],
    ['/v1/403', 403, undefined],
    ['/v1/404', 403, undefined],
    ['/v1/429', 403, undefined],
    ['//v1/open', 403, undefined],
    ['/v1%2Fopen', 403, undefined],
    ['/v1/x/../open', 403, undefined],
    ['/authorize', 403, undefined],
    ['/livez', 403, undefined],
    ['/openapi.json', 403, undefined],
  ] as const)('%s is %i', async (path, status, challenge) => {
    expect((await ask('/v1/open')).status).toBe(200)
    const reply = await ask(path)
    expect(reply).toMatchObject({ status, body: '' })
    if (challenge) expect(reply.headers['www-authenticate']).toMatch(challenge)
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('x-sallyport-'))).toEqual([])
    expect(stage.received()).toHaveLength(1)
  })

  test('no credential is 401 with the challenge; the access log has the status', async () => {
    const reply = await stage.ask({}, { port: envoy.port, path: '/v1/open' })
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer, DPoP algs=/)
    expect(await loggedOf(envoy, '/v1/open')).toMatchObject({ status: 401, flags: 'UAEX' })
  })

  test('two Authorization values are 401', async () => {
    const two = [allowed().authorization, allowed().authorization]
    expect((await ask('/v1/open')).status).toBe(200)
    expect((await ask('/v1/open', { authorization: two })).status).toBe(401)
    expect(stage.received()).toHaveLength(1)
  })
})

test('a DPoP proof passes once, and a nonce comes with the answer', async () => {
  const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } }, now: now() })
  const proof = dpopProof(token, { now: now(), claims: { htu: 'https://orders.example.org/v1/open' } })
  const send = () => stage.ask({ authorization: `DPoP ${token}`, dpop: proof }, { port: envoy.port, path: '/v1/open' })
  const reply = await send()
  expect(reply.status).toBe(200)
  expect(reply.headers['dpop-nonce']).toBeTruthy()
  expect((await send()).status).toBe(401)
  expect(stage.received()).toHaveLength(1)
})

test('a body reaches the upstream, and any method is a question', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    expect((await ask('/v1/open', {}, { method, body: 'x'.repeat(2_000) })).status).toBe(200)
    expect((await ask('/v1/404', {}, { method })).status).toBe(403)
  }
  expect(stage.received().map(({ method, body }) => `${method} ${body.length}`)).toEqual(
    ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => `${method} 2000`),
  )
})

test('the query is judged and forwarded as it was received', async () => {
  expect((await ask('/v1/query?a=1&a=x%20y')).status).toBe(200)
  expect(stage.received()[0]?.url).toBe('/v1/query?a=1&a=x%20y')
  expect((await ask('/v1/query?a=1')).status).toBe(403)
})

test.each([
  ['another key of the enforcement point', () => httpFilter({}, 'sp_pep_of-nobody-at-all-really')],
  ['no path prefix', () => httpFilter({ path_prefix: '' })],
  ['another path prefix', () => httpFilter({ path_prefix: '/chec' })],
] as const)('%s is 403', async (_, filter) => {
  expect((await ask('/v1/open')).status).toBe(200)
  const wrong = await overHttp(filter())
  expect((await ask('/v1/open', {}, wrong)).status).toBe(403)
  expect(stage.received()).toHaveLength(1)
})

test('a key that the client brings does not stand for that of the proxy', async () => {
  const keyless = await overHttp({
    ...httpFilter({ authorization_request: {} }),
    allowed_headers: listed('x-sallyport-pep-key'),
  })
  const all = await overHttp({ allowed_headers: listed('x-sallyport-pep-key') })
  expect((await ask('/v1/open', { 'x-sallyport-pep-key': 'sp_pep_guessed-by-somebody' }, keyless)).status).toBe(403)
  expect(stage.received()).toEqual([])
  expect((await ask('/v1/open', { 'x-sallyport-pep-key': 'sp_pep_guessed-by-somebody' }, all)).status).toBe(200)
})
