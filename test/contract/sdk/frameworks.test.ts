import type { RequestOptions } from 'node:https'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import type { Fetch } from '../../../sdk/index.ts'
import { createNodeFetch } from '../../../sdk/node-fetch.ts'
import { pemOf } from '../../support/certificates.ts'
import { bearer, checkout, clientKey, dpopProof, svid } from '../../support/world.ts'
import { createPki, identityOf, serverIdentity } from '../../support/pki.ts'
import { createSite, records, send, serve, stop } from '../process/harness.ts'
import { type Framework, frameworks, type Given, type Service } from './frameworks.ts'
import { startVouched, type Vouched } from './start-vouched.ts'

// A service in each framework, guarded by the SDK, before a real decision point.

const origin = 'https://orders.example.org'
const pki = createPki()
const now = () => instant(Date.now())
const good = () => bearer(svid({ now: now() }))
const proven = (method = 'GET', url = `${origin}/v1/orders/42`) => {
  const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } }, now: now() })
  return { authorization: `DPoP ${token}`, dpop: dpopProof(token, { now: now(), claims: { htm: method, htu: url } }) }
}

let vouched: Vouched
beforeAll(async () => {
  vouched = await startVouched(pki)
})
afterAll(() => vouched.end())

/** What reached the decision point of the SDK's asks. */
let asks: {
  readonly request: {
    readonly url: string
    readonly headers: Record<string, unknown>
    readonly certificate?: string
    readonly source_address?: string
  }
}[]
const recording: Fetch = (url, init) => {
  asks.push(JSON.parse(String(init.body)) as (typeof asks)[number])
  return fetch(url, init)
}
const services: Service[] = []
beforeEach(() => {
  asks = []
})
afterEach(() => Promise.all(services.splice(0).map(({ close }) => close())))

async function start({ start: begin }: Framework, more: Partial<Given> = {}): Promise<Service> {
  const given = {
    url: vouched.pdp.decisions,
    service: 'orders',
    key: vouched.site.key,
    origin,
    fetch: recording,
    ...more,
  }
  const service = await begin(given)
  services.push(service)
  return service
}

type Headers = Readonly<Record<string, string | string[]>>
const ask = ({ port }: Service, headers: Headers, { method = 'GET', path = '/v1/orders/42' } = {}) =>
  send(`http://127.0.0.1:${port}`, path, { method, headers: { ...headers } })

describe.each(frameworks)('$name', (framework) => {
  test('an allow goes on, and says who is calling', async () => {
    const reply = await ask(await start(framework), good())
    expect(reply.status).toBe(200)
    expect(JSON.parse(reply.body)).toMatchObject({ caller: checkout })
  })

  const rows = [
    ['no credential', () => ({}), {}, 401, /^Bearer, DPoP algs=/],
    ['an expired one', () => bearer(svid({ now: instant(0) })), {}, 401, /error="invalid_token"/],
    ['what policy denies', good, { method: 'DELETE' }, 403, undefined],
    [
      'two values of Authorization',
      () => ({ authorization: [String(good().authorization), 'Bearer x'] }),
      {},
      401,
      undefined,
    ],
    ['two proofs', () => ({ ...proven(), dpop: [proven().dpop, proven().dpop] }), {}, 401, undefined],
    ['a proof for another request', () => proven('GET', `${origin}/v1/orders/43`), {}, 401, /invalid_dpop_proof/],
    ['a token without its proof', () => ({ authorization: proven().authorization }), {}, 401, undefined],
  ] as const
  test.each(rows)('%s is answered as the decision point says', async (_, headers, how, status, challenge) => {
    const service = await start(framework)
    expect((await ask(service, good())).status, 'the twin').toBe(200)
    const reply = await ask(service, headers(), how)
    expect(reply.status).toBe(status)
    expect(reply.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(reply.body)).toEqual({
      title: expect.any(String),
      status,
      decision_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    if (challenge) expect(reply.headers['www-authenticate']).toMatch(challenge)
  })

  test('a proof is let through, once', async () => {
    const service = await start(framework)
    const headers = proven()
    expect((await ask(service, headers)).status).toBe(200)
    const again = await ask(service, headers)
    expect([again.status, again.headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^DPoP /)])
  })

  test('what is asked about is the address that is configured, whatever Host says', async () => {
    const service = await start(framework)
    await ask(
      service,
      { ...good(), host: 'evil.example', 'x-forwarded-host': 'evil.example' },
      { path: '/v1/orders/42?a=b' },
    )
    expect(asks[0]?.request.url).toBe(`${origin}/v1/orders/42?a=b`)
  })

  test('cookies, and what a proxy says of certificates, are not sent', async () => {
    const forged = { 'x-forwarded-client-cert': `By=x;URI=${checkout}`, 'client-cert': ':AA==:', cookie: 'session=1' }
    const service = await start(framework, { headers: ['x-tenant'] })
    expect((await ask(service, { ...good(), ...forged, 'x-tenant': 'a', 'x-other': 'b' })).status).toBe(200)
    expect(Object.keys(asks[0]?.request.headers ?? {}).sort()).toEqual(['authorization', 'x-tenant'])
    expect(asks[0]?.request.source_address).toBe(framework.tls ? '127.0.0.1' : undefined)
    const behindProxy = await start(framework, { trustProxy: true })
    await ask(behindProxy, { ...good(), ...forged })
    expect(asks[1]?.request.source_address).toBeUndefined()
    expect(Object.keys(asks[1]?.request.headers ?? {}).sort()).toEqual([
      'authorization',
      'client-cert',
      'x-forwarded-client-cert',
    ])
    await expect(async () => start(framework, { headers: ['Cookie'] })).rejects.toThrow(/cookie is not sent/)
    await expect(async () => start(framework, { headers: ['Client-Cert'] })).rejects.toThrow(/trustProxy/)
  })

  test('a decision point that cannot be reached is a 503', async () => {
    const reply = await ask(await start(framework, { url: 'http://127.0.0.1:1' }), good())
    expect([reply.status, reply.body]).toEqual([503, '{"title":"Service Unavailable","status":503}'])
  })

  test('a resource that cannot be named is a 500, and nothing is asked', async () => {
    const reply = await ask(await start(framework), good(), { method: 'PATCH' }) // no action for it
    expect(reply.status).toBe(500)
    expect(asks).toEqual([])
  })
})

describe('obligations', () => {
  const obliged = { id: '1', type: 'mask_fields', properties: { fields: ['card'] } }
  const withObligation: Fetch = async (url, init) => {
    const reply = (await (await fetch(url, init)).json()) as object
    return Response.json({ ...reply, obligations: [obliged] })
  }
  test.each(frameworks)(
    '$name: performed before the request goes on; where one fails or is unknown, it does not',
    async (framework) => {
      const performed: string[] = []
      const performs = await start(framework, { fetch: withObligation, performed: (type) => performed.push(type) })
      expect((await ask(performs, good())).status).toBe(200)
      expect(performed).toEqual(['mask_fields'])
      const fails = await start(framework, {
        fetch: withObligation,
        performed: () => {
          throw new Error('no')
        },
      })
      expect((await ask(fails, good())).status).toBe(503)
      expect((await ask(await start(framework, { fetch: withObligation }), good())).status).toBe(500)
    },
  )
})

describe.each(frameworks.filter(({ tls }) => tls))('$name over TLS', (framework) => {
  const caller = identityOf(pki.prod, checkout)
  const stranger = identityOf(createPki().prod, checkout)
  const over = ({ port }: Service, given: RequestOptions) =>
    send(`https://127.0.0.1:${port}`, '/v1/orders/42', { rejectUnauthorized: false, ...given })

  test('the certificate of the connection says who is calling', async () => {
    const service = await start(framework, { tls: { ...serverIdentity(pki.prod), ca: pemOf(pki.prod) } })
    const reply = await over(service, { cert: caller.cert, key: caller.key })
    expect(reply.status).toBe(200)
    expect(JSON.parse(reply.body)).toMatchObject({ caller: checkout })
    expect(asks[0]?.request.certificate?.startsWith(caller.cert.trimEnd())).toBe(true)
    expect((await over(service, { cert: stranger.cert, key: stranger.key })).status).toBe(401)
    expect((await over(service, {})).status).toBe(401)
  })
})

test('over a Unix socket, by HTTP of Node itself', async () => {
  const folder = await createSite()
  await folder.configure({ listen: { decisions: 'unix:decisions.sock', health: '127.0.0.1:0' } })
  const own = await serve(folder)
  const [express] = frameworks.filter(({ name }) => name === 'express')
  if (!express) throw new Error('express is among them')
  const nodeFetch = createNodeFetch({ socketPath: `${folder.folder}/decisions.sock` })
  const service = await start(express, { url: 'http://localhost', key: folder.key, fetch: nodeFetch })
  expect((await ask(service, good())).status).toBe(200)
  expect((await ask(service, {})).status).toBe(401)
  await expect.poll(async () => (await records(folder)).filter(({ effect }) => effect === 'allow').length).toBe(1)
  await stop(own)
  expect((await ask(service, good())).status).toBe(503)
  await folder.remove()
})
