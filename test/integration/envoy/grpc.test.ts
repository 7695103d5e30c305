import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { createSite, run, type Run, send, type Site, stop, usual } from '../../contract/process/harness.ts'
import { untilNextSecond } from '../../support/clock.ts'
import { bearer, checkout, clientKey, dpopProof, svid } from '../../support/world.ts'
import { type Envoy, type EnvoyGiven, startEnvoy, startUpstream, type Upstream } from './envoy.ts'

let site: Site
let pdp: Run
let upstream: Upstream
let envoy: Envoy
const others: Envoy[] = []

const now = () => instant(Date.now())
const allowed = () => bearer(svid({ now: now() }))
const socket = () => `unix:${join(site.folder, 'ext-authz.sock')}`

beforeAll(async () => {
  site = await createSite()
  await site.configure({
    listen: { ...usual.listen, ext_authz: socket() },
    peps: { gateway: { socket: 'ext_authz', failure_mode_allow: false } },
    limits: { proof_skew_s: 0 }, // else proofs of the first seconds after the start are refused
  })
  pdp = run(['start'], site.folder)
  await pdp.says(/ext_authz unix:/)
  await untilNextSecond()
  upstream = await startUpstream()
  envoy = await startEnvoy({ pdp: socket(), upstreamPort: upstream.port })
})
afterAll(async () => {
  await envoy.close()
  await upstream.close()
  await stop(pdp)
  await site.remove()
})
beforeEach(() => {
  upstream.received.length = 0
})
afterEach(async () => {
  await Promise.all(others.splice(0).map((each) => each.close()))
})

const ask = (headers: Record<string, string>, { port = envoy.port, path = '/v1/orders/42', method = 'GET' } = {}) =>
  send(`http://127.0.0.1:${port}`, path, { method, headers: { host: 'orders.example.org', ...headers } })

async function other(given: Partial<EnvoyGiven>): Promise<Envoy> {
  const started = await startEnvoy({ pdp: socket(), upstreamPort: upstream.port, ...given })
  others.push(started)
  return started
}

test('with nobody at the address of the decision point: failure_mode_allow lets the request pass, else it is 403', async () => {
  const nobody = `unix:${join(site.folder, 'nobody.sock')}`
  const open = await other({ pdp: nobody, filter: { failure_mode_allow: true } })
  expect((await ask({}, open)).body).toBe('upstream')
  expect(upstream.received).toHaveLength(1)
  const closed = await other({ pdp: nobody })
  expect((await ask({}, closed)).status).toBe(403)
  expect(upstream.received).toHaveLength(1)
})

test('an allow reaches the upstream with the identity headers; those of the client are gone', async () => {
  const reply = await ask({
    ...allowed(),
    'x-sallyport-subject': 'spiffe://evil.example/x',
    'x-sallyport-assurance': '4',
  })
  expect(reply).toMatchObject({ status: 200, body: 'upstream' })
  const [seen] = upstream.received
  expect(seen?.headers).toMatchObject({
    'x-sallyport-subject': checkout,
    'x-sallyport-assurance': '1',
    'x-sallyport-methods': 'jwt-svid',
  })
  const [line] = await logged(1)
  expect(line).toMatchObject({ status: 200, decision: 'allow', code: 'ALLOWED', subject: checkout })
  expect(line?.['decision_id']).toBe(seen?.headers['x-sallyport-decision-id'])
})

async function logged(least: number) {
  for (let tries = 0; tries < 100; tries++) {
    const lines = (await envoy.accessLog()).slice(-least)
    if (lines.length >= least) return lines
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('nothing in the access log')
}

describe('what does not reach the upstream', () => {
  const rows = [
    ['no credential', () => ({}), {}, 401, /^Bearer, DPoP algs=/],
    ['an expired credential', () => bearer(svid({ now: instant(0) })), {}, 401, /error="invalid_token"/],
    ['an action that policy denies', allowed, { method: 'DELETE' }, 403, undefined],
    ['a path with two slashes', allowed, { path: '//v1/orders/42' }, 403, undefined],
    ['a path with dot segments', allowed, { path: '/v1/../v1/orders/42' }, 403, undefined],
    ['an encoded slash', allowed, { path: '/v1%2Forders/42' }, 403, undefined],
    ['a client that asks for /authorize', allowed, { path: '/authorize' }, 403, undefined],
    ['a client that asks for /livez', allowed, { path: '/livez' }, 403, undefined],
  ] as const
  test.each(rows)('%s', async (_, headers, request, status, challenge) => {
    expect((await ask(allowed())).status).toBe(200)
    upstream.received.length = 0
    const reply = await ask(headers(), request)
    expect(reply.status).toBe(status)
    if (challenge) expect(reply.headers['www-authenticate']).toMatch(challenge)
    expect(upstream.received).toEqual([])
  })
})

test('a DPoP proof goes through the proxy, once', async () => {
  const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } }, now: now() })
  const headers = { authorization: `DPoP ${token}`, dpop: dpopProof(token, { now: now() }) }
  expect((await ask(headers)).status).toBe(200)
  const again = await ask(headers)
  expect(again.status).toBe(401)
  expect(again.headers['www-authenticate']).toMatch(/^DPoP .*invalid_dpop_proof/)
})

test('a service that this enforcement point may not ask for is refused, whatever the route says', async () => {
  const wrong = await other({ checkSettings: { context_extensions: { service: 'billing' } } })
  expect((await ask(allowed(), wrong)).status).toBe(403)
  const right = await other({ checkSettings: { context_extensions: { service: 'orders' } } })
  expect((await ask(allowed(), right)).status).toBe(200)
})
