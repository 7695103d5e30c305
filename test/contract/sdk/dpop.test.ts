import { afterAll, beforeAll, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { createDpopFetch, createDpopKey, dpopThumbprint } from '../../../sdk/dpop.ts'
import type { Fetch } from '../../../sdk/index.ts'
import { untilNextSecond } from '../../support/clock.ts'
import { svid } from '../../support/world.ts'
import { createSite, type Serving, serve, type Site, stop, usual } from '../process/harness.ts'
import { frameworks, type Service } from './frameworks.ts'

// A caller of the SDK's, a service that the SDK guards, and a real decision point that asks for nonces.

const origin = 'https://orders.example.org'
let site: Site
let pdp: Serving
let service: Service
beforeAll(async () => {
  site = await createSite()
  await site.configure({
    services: { orders: { ...usual.services.orders, dpop_nonce: 'required' } },
    limits: { proof_skew_s: 0 },
  })
  pdp = await serve(site)
  const [framework] = frameworks
  if (!framework) throw new Error('there is one')
  service = await framework.start({ url: pdp.decisions, service: 'orders', key: site.key, origin })
  await untilNextSecond()
})
afterAll(async () => {
  await service.close()
  await stop(pdp)
  await site.remove()
})

/** The caller's address is the service's own; the test leads it to the port. */
const sent: Headers[] = []
const led: Fetch = (url, init) => {
  sent.push(new Headers(init.headers))
  return fetch(url.replace(origin, `http://127.0.0.1:${service.port}`), init)
}

test('proves with each request, takes up the nonce that is asked for, and later ones at once', async () => {
  const key = await createDpopKey()
  const token = svid({ claims: { cnf: { jkt: await dpopThumbprint(key) } }, now: instant(Date.now()) })
  const call = createDpopFetch({ key, token: () => token, fetch: led })
  expect((await call(`${origin}/v1/orders/42?a=b`, { method: 'get' })).status).toBe(200)
  expect(sent).toHaveLength(2)
  expect((await call(`${origin}/v1/orders/42`)).status).toBe(200)
  expect(sent).toHaveLength(3)
  expect(new Set(sent.map((headers) => headers.get('dpop'))).size).toBe(3)

  const other = createDpopFetch({ key: await createDpopKey(), token, fetch: led })
  expect((await other(`${origin}/v1/orders/42`)).status).toBe(401)
})

test('a body that is a stream is sent once; the answer says what is missing', async () => {
  const key = await createDpopKey()
  const token = svid({ claims: { cnf: { jkt: await dpopThumbprint(key) } }, now: instant(Date.now()) })
  const before = sent.length
  const body = new Blob(['x']).stream()
  const streaming: RequestInit = { method: 'DELETE', body, duplex: 'half' }
  const reply = await createDpopFetch({ key, token, fetch: led })(`${origin}/v1/orders/42`, streaming)
  expect(reply.headers.get('www-authenticate')).toMatch(/use_dpop_nonce/)
  expect(sent.length - before).toBe(1)
})
