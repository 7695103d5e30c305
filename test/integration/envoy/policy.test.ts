import { beforeEach, describe, expect, test } from 'vitest'
import { usual } from '../../contract/process/harness.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { checkout, clientKey, dpopProof, svid } from '../../support/world.ts'
import type { Envoy } from './envoy.ts'
import { answersByPath } from './answers-by-path.ts'
import { allowed, loggedOf, now, setStage } from './stage.ts'

// What policy says, and what becomes of a request on its way: on the bytes that the upstream or the client received.

const stage = setStage(async (site) => {
  await site.file('orders.tar.gz', await buildTestBundle({ rego: answersByPath }))
  return {
    services: { orders: { ...usual.services.orders, dpop_nonce: 'required' } },
    policy_headers: { request: ['x-tenant'], response: ['x-policy', 'retry-after'] },
  }
})

let envoy: Envoy
beforeEach(async () => {
  envoy = await stage.envoy()
})
const ask = (headers: Record<string, string | string[]>, path: string, more: object = {}) =>
  stage.ask({ ...allowed(), ...headers }, { port: envoy.port, path, ...more })

describe('headers', () => {
  test('policy sets one on the request, over the client’s own, and one on the answer', async () => {
    const reply = await ask({ 'x-tenant': 'evil' }, '/v1/tenant')
    expect(reply).toMatchObject({ status: 200, headers: { 'x-policy': 'seen', 'x-upstream': 'yes' } })
    expect(stage.received()[0]?.headers['x-tenant']).toBe('acme')
  })

  test('one that policy could set and does not is removed', async () => {
    expect((await ask({ 'x-tenant': 'evil' }, '/v1/open')).status).toBe(200)
    expect(stage.received()[0]?.headers).not.toHaveProperty('x-tenant')
  })

  test('identity headers of the client, in any number, are overwritten', async () => {
    const spoofed = ['spiffe://evil.example/a', 'spiffe://evil.example/b']
    expect((await ask({ 'X-Sallyport-Subject': spoofed, 'x-sallyport-issuer': spoofed }, '/v1/open')).status).toBe(200)
    expect(stage.received()[0]?.headers).toMatchObject({
      'x-sallyport-subject': checkout,
      'x-sallyport-issuer': 'spiffe://prod.example',
    })
  })

  test('the credential reaches the upstream as it was, and policy never', async () => {
    const headers = allowed()
    expect((await ask(headers, '/v1/secret')).status).toBe(200)
    expect(stage.received()[0]?.headers['authorization']).toBe(headers.authorization)
  })

  test('of a deny none reaches the client but those of the answer', async () => {
    const reply = await ask({}, '/v1/403')
    expect(reply).toMatchObject({ status: 403, headers: { 'x-policy': 'no' } })
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('x-sallyport-'))).toEqual([])
    expect(stage.received()).toEqual([])
  })
})

describe('the status of a deny', () => {
  test.each([
    ['/v1/401', 401, /^Bearer error="insufficient_scope".*scope="orders:read"/, undefined],
    ['/v1/403', 403, undefined, undefined],
    ['/v1/404', 404, undefined, undefined],
    ['/v1/429', 429, undefined, '7'],
    ['/v1/acr', 401, /^Bearer error="insufficient_user_authentication".*acr_values="urn:mfa"/, undefined],
  ] as const)('%s is %i', async (path, status, challenge, retryAfter) => {
    const reply = await ask({}, path)
    expect(reply.status).toBe(status)
    expect(reply.headers['retry-after']).toBe(retryAfter)
    if (challenge) expect(reply.headers['www-authenticate']).toMatch(challenge)
    else expect(reply.headers).not.toHaveProperty('www-authenticate')
    expect(stage.received()).toEqual([])
  })
})

describe('the request as it came', () => {
  test('the query is judged and forwarded as it was received', async () => {
    expect((await ask({}, '/v1/query?a=1&a=x%20y&b')).status).toBe(200)
    expect(stage.received()[0]?.url).toBe('/v1/query?a=1&a=x%20y&b')
    expect((await ask({}, '/v1/query?a=1')).status).toBe(403)
    expect((await ask({}, '/v1/query?a=%ff')).status).toBe(400)
    expect(stage.received()).toHaveLength(1)
  })

  test('what a route says reaches policy as context; what it says for us does not', async () => {
    const gold = await stage.envoy({ checkSettings: { context_extensions: { tier: 'gold', service: 'orders' } } })
    expect((await ask({}, '/v1/context', gold)).status).toBe(200)
    expect((await ask({}, '/v1/context')).status).toBe(403)
  })

  test('with encode_raw_headers values stand by themselves, and bytes are read', async () => {
    const raw = await stage.envoy({ filter: { encode_raw_headers: true } })
    expect((await ask({ 'accept-language': ['a', 'b'] }, '/v1/languages', raw)).status).toBe(200)
    expect((await ask({ 'accept-language': ['a', 'b'] }, '/v1/languages')).status).toBe(403) // joined with a comma
    expect(
      (await ask({ 'user-agent': Buffer.from('café', 'latin1').toString('latin1') }, '/v1/agent', raw)).status,
    ).toBe(200)
  })

  test('two Authorization values are refused, as raw headers and joined', async () => {
    const raw = await stage.envoy({ filter: { encode_raw_headers: true } })
    for (const { port } of [raw, envoy]) {
      expect((await ask({}, '/v1/open', { port })).status).toBe(200)
      const two = [allowed().authorization, allowed().authorization]
      const reply = await stage.ask({ authorization: two }, { port, path: '/v1/open' })
      expect(reply.status).toBe(401)
      expect(reply.headers['www-authenticate']).toContain('invalid_request')
    }
    expect(stage.received()).toHaveLength(2)
  })
})

describe('bodies', () => {
  const withBody = (more: object = {}) =>
    stage.envoy({ filter: { with_request_body: { max_request_bytes: 1_024, ...more } } })

  test('reach the upstream whole, buffered for the check or not', async () => {
    const buffered = await withBody()
    const body = 'x'.repeat(1_000)
    expect((await ask({}, '/v1/open', { port: buffered.port, method: 'POST', body })).status).toBe(200)
    expect((await ask({}, '/v1/open', { method: 'POST', body })).status).toBe(200)
    expect(stage.received().map((each) => each.body)).toEqual([body, body])
  })

  test('longer than Envoy buffers are 413, or cut for the check alone', async () => {
    const [whole, partial] = [await withBody(), await withBody({ allow_partial_message: true })]
    const body = 'x'.repeat(5_000)
    expect((await ask({}, '/v1/open', { port: whole.port, method: 'POST', body })).status).toBe(413)
    expect(stage.received()).toEqual([])
    expect((await ask({}, '/v1/open', { port: partial.port, method: 'POST', body })).status).toBe(200)
    expect(stage.received()[0]?.body).toBe(body)
  })

  test('that are no text are sent as bytes and judged all the same', async () => {
    const packed = await withBody({ pack_as_bytes: true })
    const body = '\u0000\u0001binary'
    expect((await ask({}, '/v1/open', { port: packed.port, method: 'POST', body })).status).toBe(200)
    expect((await ask({}, '/v1/404', { port: packed.port, method: 'POST', body })).status).toBe(404)
  })
})

describe('DPoP through the proxy', () => {
  test('a proof without a nonce is answered with one, with which the next passes, once; an allow brings another', async () => {
    const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } }, now: now() })
    const claims = { htu: 'https://orders.example.org/v1/open' }
    const send = (nonce?: unknown) =>
      stage.ask(
        {
          authorization: `DPoP ${token}`,
          dpop: dpopProof(token, { now: now(), claims: { ...claims, ...(nonce !== undefined && { nonce }) } }),
        },
        { port: envoy.port, path: '/v1/open' },
      )
    const first = await send()
    expect(first.status).toBe(401)
    expect(first.headers['www-authenticate']).toMatch(/^DPoP error="use_dpop_nonce"/)
    const nonce = first.headers['dpop-nonce']
    expect(nonce).toMatch(/^[\w.-]{16,}$/)
    const second = await send(nonce)
    expect(second.status).toBe(200)
    expect(second.headers['dpop-nonce']).toBeTruthy()
    expect((await send('another-nonce-of-nobody')).status).toBe(401)
    expect(stage.received()).toHaveLength(1)
  })
})

describe('the access log', () => {
  test('of an allow has who, what and by which policy', async () => {
    await ask({}, '/v1/open')
    expect(await loggedOf(envoy, '/v1/open')).toMatchObject({
      status: 200,
      decision: 'allow',
      code: 'ALLOWED',
      subject: checkout,
      assurance: 1,
      revision: expect.stringMatching(/./),
    })
  })

  test('of a deny has the code that the client is not told', async () => {
    const reply = await ask({}, '/v1/404')
    expect(reply.body).toBe('')
    expect(await loggedOf(envoy, '/v1/404')).toMatchObject({ status: 404, decision: 'deny', code: 'POLICY_DENIED' })
  })
})

describe('routes', () => {
  test('one that asks for more assurance than a bearer token has is 401', async () => {
    const strict = await stage.envoy({ checkSettings: { context_extensions: { minimum_assurance: '2' } } })
    const lax = await stage.envoy({ checkSettings: { context_extensions: { minimum_assurance: '1' } } })
    expect((await ask({}, '/v1/open', lax)).status).toBe(200)
    const reply = await ask({}, '/v1/open', strict)
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toContain('insufficient_user_authentication')
    expect(stage.received()).toHaveLength(1)
  })

  test.each(['/authorize', '/authorize/orders', '/livez', '/readyz', '/metrics', '/openapi.json'])(
    'a client that asks for %s is told nothing of ours',
    async (path) => {
      expect((await ask({}, '/v1/open')).status).toBe(200)
      expect((await ask({}, path)).status).toBe(403)
      expect((await ask({}, path, { method: 'POST', body: '{}' })).status).toBe(403)
      expect(stage.received()).toHaveLength(1)
    },
  )
})
