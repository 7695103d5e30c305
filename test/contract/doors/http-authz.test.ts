import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConventionName } from '../../../pdp/doors/http-authz/conventions.ts'
import type { HttpAuthzServerParts } from '../../../pdp/doors/http-authz/create-server.ts'
import { createTestDecisionPoint, gatewayKey, type TestDecisionPoint } from '../../support/decision-point.ts'
import { sendRaw } from '../../support/http.ts'
import { startHttpAuthz } from '../../support/http-authz.ts'
import { svid } from '../../support/world.ts'

type Fields = readonly (readonly [string, string])[]

interface Proxied {
  readonly point: TestDecisionPoint
  readonly refused: string[]
  ask(fields: Fields, request?: { readonly method?: string; readonly path?: string }): Promise<Reply>
  close(): void
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

async function start(convention: ConventionName, changes: Partial<HttpAuthzServerParts> = {}): Promise<Proxied> {
  const point = await createTestDecisionPoint()
  const refused: string[] = []
  const { port, close } = await startHttpAuthz(point, {
    convention,
    service: 'orders',
    events: { refused: ({ clause }) => void refused.push(clause), decided: () => undefined },
    ...changes,
  })
  return {
    point,
    refused,
    async ask(fields, { method = 'GET', path = '/v1/orders/42' } = {}) {
      const lines = fields.map(([name, value]) => `${name}: ${value}`)
      const text = [`${method} ${path} HTTP/1.1`, ...lines, 'connection: close', '', ''].join('\r\n')
      const { status, headers, body } = await sendRaw(port, [Buffer.from(text, 'latin1')])
      return { status, headers: Object.fromEntries(headers), body }
    },
    close,
  }
}

const host: Fields = [['host', 'orders.example.org']]
const key: Fields = [['x-sallyport-pep-key', gatewayKey]]
const token = (): Fields => [['authorization', `Bearer ${svid()}`]]
const good = (): Fields => [...host, ...key, ...token()]

const forwarded: Readonly<Record<ConventionName, Fields>> = {
  envoy: [],
  nginx: [
    ['x-original-method', 'GET'],
    ['x-original-uri', '/v1/orders/42'],
  ],
  traefik: [
    ['x-forwarded-method', 'GET'],
    ['x-forwarded-uri', '/v1/orders/42'],
    ['x-forwarded-host', 'orders.example.org'],
    ['x-forwarded-proto', 'https'],
  ],
  caddy: [
    ['x-forwarded-method', 'GET'],
    ['x-forwarded-uri', '/v1/orders/42'],
    ['x-forwarded-host', 'orders.example.org'],
    ['x-forwarded-proto', 'https'],
  ],
}

describe.each(['envoy', 'nginx', 'traefik', 'caddy'] as const)('%s', (convention) => {
  let proxied: Proxied
  beforeAll(async () => {
    proxied = await start(convention)
  })
  afterAll(() => proxied.close())
  const path = convention === 'envoy' ? {} : { path: '/authorize', method: 'POST' }
  const ask = (fields: Fields) => proxied.ask([...fields, ...forwarded[convention]], path)

  test('an allow is 200 without a body, with every identity header', async () => {
    const reply = await ask(good())
    expect(reply).toMatchObject({ status: 200, body: '' })
    expect(reply.headers['x-sallyport-subject']).toBe('spiffe://prod.example/ns/shop/sa/checkout')
    for (const name of ['issuer', 'methods', 'assurance', 'decision-id']) {
      expect(reply.headers[`x-sallyport-${name}`]).toBeTruthy()
    }
  })

  const rows: readonly (readonly [string, () => Fields, number, string | undefined])[] = [
    ['no credential', () => [...host, ...key], 401, undefined],
    ['no key of the proxy', () => [...host, ...token()], 403, 'pep-authenticated'],
    [
      'another key',
      () => [...host, ['x-sallyport-pep-key', 'sp_pep_some-other-key'], ...token()],
      403,
      'pep-bearer-known',
    ],
    ['two keys', () => [...good(), ...key], 403, 'http-authz-header-once'],
    ['two credentials', () => [...good(), ...token()], 401, undefined],
    ['a header with an underscore', () => [...good(), ['x_forwarded_proto', 'http']], 403, 'http-authz-header-alias'],
    ['a header with a dot', () => [...good(), ['x.original.uri', '/']], 403, 'http-authz-header-alias'],
  ]
  test.each(rows)('%s', async (_, fields, status, clause) => {
    expect((await ask(good())).status).toBe(200)
    const before = proxied.refused.length
    const reply = await ask(fields())
    expect(reply).toMatchObject({ status, body: '' })
    expect(reply.headers).not.toHaveProperty('x-sallyport-subject')
    expect(proxied.refused.slice(before)).toEqual(clause === undefined ? [] : [clause])
  })

  test.each(forwarded[convention].map(([name]) => name))('%s absent, or twice', async (name) => {
    const without = forwarded[convention].filter((field) => field[0] !== name)
    expect((await proxied.ask([...good(), ...without], path)).status).toBe(403)
    expect(proxied.refused.at(-1)).toBe('http-authz-header-present')
    expect((await proxied.ask([...good(), ...forwarded[convention], [name, '/v1/orders/1']], path)).status).toBe(403)
    expect(proxied.refused.at(-1)).toBe('http-authz-header-once')
  })
})

test('headers of another convention say nothing', async () => {
  const proxied = await start('envoy')
  const denied = await proxied.ask([...good(), ['x-original-uri', '/v1/orders/42'], ['x-forwarded-method', 'GET']], {
    method: 'DELETE',
  })
  expect(denied.status).toBe(403)
  proxied.close()
})

test('every path is a question: /authorize and /livez answer no 200 of their own', async () => {
  const proxied = await start('envoy')
  for (const path of ['/authorize', '/livez', '/metrics', '/openapi.json', '/']) {
    expect((await proxied.ask(good(), { path })).status).toBe(403)
  }
  proxied.close()
})

test("Envoy's path prefix is taken away; a path without it is refused", async () => {
  const proxied = await start('envoy', { pathPrefix: '/check' })
  expect((await proxied.ask(good(), { path: '/check/v1/orders/42' })).status).toBe(200)
  expect((await proxied.ask(good())).status).toBe(403)
  expect(proxied.refused).toEqual(['http-authz-path-prefix'])
  proxied.close()
})

test('an outage is 403, not 5xx: proxies take those for faults, and may let the request pass', async () => {
  const proxied = await start('envoy', {
    concurrency: {
      enter: () => false,
      leave: () => undefined,
      limit: () => 0,
      taken: () => ({ inside: 0, waiting: 0 }),
    },
  })
  expect((await proxied.ask(good())).status).toBe(403)
  proxied.close()
})

test('a deny carries no identity', async () => {
  const point = await createTestDecisionPoint()
  const orders = point.services.get('orders')
  if (!orders) throw new Error('no such service')
  const anonymous = { ...point, services: new Map([['orders', { ...orders, identity: 'optional' as const }]]) }
  const proxied = await start('envoy', { current: () => anonymous })
  const reply = await proxied.ask([...host, ...key])
  expect(reply.status).toBe(403)
  expect(Object.keys(reply.headers).filter((name) => name.startsWith('x-sallyport-'))).toEqual([])
  proxied.close()
})

describe('the address of the caller', () => {
  const address = (...values: readonly string[]): Fields => values.map((value) => ['x-real-ip', value])
  const told: (string | undefined)[] = []
  let proxied: Proxied
  let unasked: Proxied
  beforeAll(async () => {
    const point = await createTestDecisionPoint()
    const decide: typeof point.decide = (ask) => {
      told.push(ask.evidence.sourceAddress && Buffer.from(ask.evidence.sourceAddress).toString('hex'))
      return point.decide(ask)
    }
    const current = () => ({ ...point, decide })
    proxied = await start('envoy', { current, sourceAddressHeader: 'x-real-ip' })
    unasked = await start('envoy', { current })
  })
  afterAll(() => {
    proxied.close()
    unasked.close()
  })

  test('is the one in the header that is named, and in no other', async () => {
    expect((await proxied.ask([...good(), ...address('192.0.2.7')])).status).toBe(200)
    expect((await proxied.ask([...good(), ...address('2001:db8::7')])).status).toBe(200)
    expect((await proxied.ask([...good(), ['x-forwarded-for', '192.0.2.7']])).status).toBe(200)
    expect((await unasked.ask([...good(), ...address('192.0.2.7')])).status).toBe(200)
    expect(told).toEqual(['c0000207', '20010db8000000000000000000000007', undefined, undefined])
  })

  test.each([
    ['a list', ['192.0.2.7, 198.51.100.1'], 'http-authz-source-address'],
    ['two headers', ['192.0.2.7', '192.0.2.7'], 'http-authz-header-once'],
    ['with a port', ['192.0.2.7:443'], 'http-authz-source-address'],
    ['another notation of a number', ['192.0.2.007'], 'http-authz-source-address'],
    ['empty', [''], 'http-authz-source-address'],
  ])('%s is refused', async (_, values, clause) => {
    expect((await proxied.ask([...good(), ...address('192.0.2.7')])).status).toBe(200)
    expect((await proxied.ask([...good(), ...address(...values)])).status).toBe(403)
    expect(proxied.refused.at(-1)).toBe(clause)
  })
})
