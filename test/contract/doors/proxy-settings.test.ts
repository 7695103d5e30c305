import { describe, expect, test } from 'vitest'
import type { Service } from '../../../pdp/core/service.ts'
import { startCheckServer } from '../../support/check-calls.ts'
import { type CheckGiven } from '../../support/check-messages.ts'
import { createTestDecisionPoint, gatewayKey, keyedGateway } from '../../support/decision-point.ts'
import { sendRaw } from '../../support/http.ts'
import { startHttpAuthz } from '../../support/http-authz.ts'
import { bearer, clientKey, createService, dpopProof, svid } from '../../support/world.ts'

// What routes and services ask of the doors of proxies beyond a decision.

const pep = { ...keyedGateway, services: new Set(['orders']) }
const servedWith = (more: Partial<Service>) =>
  createTestDecisionPoint({ services: [createService('orders', more)], peps: [pep] })
const good = (): CheckGiven => ({ headers: bearer(svid()) })
const identity = [
  'x-sallyport-subject',
  'x-sallyport-issuer',
  'x-sallyport-methods',
  'x-sallyport-assurance',
  'x-sallyport-decision-id',
]

describe('minimum_assurance of a route: the stricter of route and service wins', () => {
  const bound = (): CheckGiven => {
    const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } } })
    return { headers: { authorization: `DPoP ${token}`, dpop: dpopProof(token) } }
  }
  const rows = [
    { route: '1', service: undefined, bearerPasses: true },
    { route: '2', service: undefined, bearerPasses: false },
    { route: '1', service: 2, bearerPasses: false },
    { route: '2', service: 1, bearerPasses: false },
    { route: '1', service: 1, bearerPasses: true },
  ] as const
  test.each(rows)('route $route, service $service', async ({ route, service, bearerPasses }) => {
    const point = await servedWith(service === undefined ? {} : { minimumAssurance: service })
    const server = await startCheckServer({}, point)
    const extensions = { minimum_assurance: route }
    expect((await server.check({ ...bound(), extensions })).code).toBe(0)
    const answer = await server.check({ ...good(), extensions })
    if (bearerPasses) expect(answer.code).toBe(0)
    else {
      expect(answer).toMatchObject({ code: 16, http: 401, metadata: { code: 'ASSURANCE_REQUIRED' } })
      expect(answer.headers['www-authenticate']).toContain('insufficient_user_authentication')
    }
    await server.close()
  })

  test('a level that there is not is refused', async () => {
    const server = await startCheckServer({}, await servedWith({}))
    expect((await server.check({ ...good(), extensions: { minimum_assurance: '1' } })).code).toBe(0)
    for (const minimum_assurance of ['0', '5', '01', 'high', '']) {
      expect(await server.check({ ...good(), extensions: { minimum_assurance } })).toMatchObject({ code: 7, http: 400 })
      expect(server.refused.at(-1)).toBe('ext-authz-minimum-assurance')
    }
    await server.close()
  })

  test('a route that asks for assurance takes nobody anonymous', async () => {
    const server = await startCheckServer({}, await servedWith({ identity: 'optional' }))
    expect((await server.check({})).metadata['code']).toBe('POLICY_DENIED') // as policy has it of somebody anonymous
    expect(await server.check({ extensions: { minimum_assurance: '1' } })).toMatchObject({
      code: 16,
      metadata: { code: 'CREDENTIAL_MISSING' },
    })
    await server.close()
  })
})

describe('dry_run: the request passes, says nothing of who calls, and the record has the true decision', () => {
  const denials: readonly (readonly [string, CheckGiven, string | undefined])[] = [
    ['no credential', {}, 'CREDENTIAL_MISSING'],
    ['policy denies', { ...good(), http: { method: 'DELETE' } }, 'POLICY_DENIED'],
    ['an ambiguous path', { ...good(), http: { path: '//v1' } }, 'PATH_AMBIGUOUS'],
    ['an allow', good(), 'ALLOWED'],
    ['a request that cannot be read', { ...good(), http: { method: 'get' } }, undefined],
  ]
  test.each(denials)('%s', async (_, given, code) => {
    const point = await servedWith({ dryRun: true, policyHeaders: ['x-tenant'] })
    const server = await startCheckServer({}, point)
    const answer = await server.check(given)
    expect(answer).toMatchObject({ code: 0, headers: {}, responseHeaders: {}, removed: [...identity, 'x-tenant'] })
    expect(answer.metadata).toMatchObject({ dry_run: true, ...(code !== undefined && { code }) })
    const lines = point.log.lines().map((line) => JSON.parse(line) as Record<string, unknown>)
    if (code !== undefined) expect(lines.at(-1)).toMatchObject({ code, dry_run: true })
    await server.close()
  })

  test('an enforcement point that is not known passes nothing', async () => {
    const server = await startCheckServer({}, await servedWith({ dryRun: true }))
    expect((await server.check(good())).code).toBe(0)
    expect(await server.check(good(), { key: '' })).toMatchObject({ code: 7, http: 403 })
    await server.close()
  })

  test('no decision in time, and a fault of our own', async () => {
    const point = await servedWith({ dryRun: true })
    for (const decide of [() => new Promise<never>(() => undefined), () => Promise.reject(new Error('planted'))]) {
      const server = await startCheckServer({}, { ...point, decide })
      expect(await server.check(good(), { timeoutMs: 300 })).toMatchObject({ code: 0, headers: {}, removed: identity })
      await server.close()
    }
  })
})

test('headers that policy may set and does not are removed', async () => {
  const server = await startCheckServer({}, await servedWith({ policyHeaders: ['x-tenant'] }))
  expect(await server.check(good())).toMatchObject({ code: 0, removed: ['x-tenant'] })
  await server.close()
})

describe('the same over HTTP', () => {
  async function ask(more: Partial<Service>, head: string) {
    const point = await servedWith(more)
    const { port, close } = await startHttpAuthz(point)
    const lines = [head, 'host: orders.example.org', `x-sallyport-pep-key: ${gatewayKey}`]
    const text = [...lines, `authorization: Bearer ${svid()}`, 'connection: close', '', ''].join('\r\n')
    const reply = await sendRaw(port, [Buffer.from(text, 'latin1')])
    close()
    return { ...reply, headers: Object.fromEntries(reply.headers) }
  }

  test('dry_run: 200 with every header blank', async () => {
    expect(await ask({}, 'DELETE /v1/orders/42 HTTP/1.1')).toMatchObject({ status: 403 })
    const reply = await ask({ dryRun: true, policyHeaders: ['x-tenant'] }, 'DELETE /v1/orders/42 HTTP/1.1')
    expect(reply.status).toBe(200)
    expect(identity.map((name) => reply.headers[name])).toEqual(identity.map(() => 'none'))
    expect(reply.headers['x-tenant']).toBe('')
  })

  test('headers of policy are blank where it sets none', async () => {
    const reply = await ask({ policyHeaders: ['x-tenant'] }, 'GET /v1/orders/42 HTTP/1.1')
    expect(reply).toMatchObject({ status: 200, headers: { 'x-tenant': '' } })
  })

  test('CONNECT is answered with 403: a connection that ends without an answer may let a request pass', async () => {
    expect((await ask({}, 'GET /v1/orders/42 HTTP/1.1')).status).toBe(200)
    expect((await ask({}, 'CONNECT orders.example.org:443 HTTP/1.1')).status).toBe(403)
  })
})
