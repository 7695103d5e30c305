import { beforeAll, describe, expect, test } from 'vitest'
import { createMemoryStore } from '../../../pdp/cache/memory-store.ts'
import type { JsonValue } from '../../../pdp/core/json.ts'
import type { OpaEnvoyDialect, Service } from '../../../pdp/core/service.ts'
import { cached } from '../../../pdp/policy/cached.ts'
import { loadBundle, type LoadedBundle } from '../../../pdp/policy/load-bundle.ts'
import { startCheckServer } from '../../support/check-calls.ts'
import { type CheckAnswer, type CheckGiven } from '../../support/check-messages.ts'
import { noon } from '../../support/clock.ts'
import { createTestDecisionPoint, type TestDecisionPoint } from '../../support/decision-point.ts'
import { opaEnvoyArchive, opaService } from '../../support/opa-envoy.ts'
import { svid } from '../../support/world.ts'

let bundle: LoadedBundle
beforeAll(async () => {
  const loaded = await loadBundle(await opaEnvoyArchive())
  if (!loaded.ok) throw new Error(loaded.detail)
  bundle = loaded.value
}, 60_000)

interface Asked {
  readonly answer: CheckAnswer
  readonly refused: readonly string[]
  readonly point: TestDecisionPoint
}

const pointOf = (service: Service) => createTestDecisionPoint({ services: [service], bundles: { opa: bundle } })

async function ask(given: CheckGiven, service: Service = opaService()): Promise<Asked> {
  const point = await pointOf(service)
  const server = await startCheckServer({}, point)
  try {
    return { answer: await server.check(given), refused: server.refused, point }
  } finally {
    await server.close()
  }
}

const recordsOf = ({ log }: TestDecisionPoint) =>
  log.lines().map((line) => JSON.parse(line) as { readonly questions: readonly { readonly cache?: string }[] })

const answering = (value: JsonValue): CheckGiven => ({ headers: { 'x-answer': JSON.stringify(value) } })

/** What policy sees. */
async function seen(given: CheckGiven, dialect: Partial<OpaEnvoyDialect> = {}) {
  const { answer } = await ask(given, opaService({ entrypoint: 'envoy/authz/shown' }, dialect))
  return answer.metadata['input'] as Record<string, unknown>
}

describe('the result', () => {
  test('true allows, with the decision id as metadata, and removes our identity headers', async () => {
    const { answer, point } = await ask(answering(true))
    expect(answer).toMatchObject({ code: 0, metadata: { decision_id: expect.stringMatching(/^[0-9a-f-]{36}$/) } })
    expect(Object.keys(answer.metadata)).toEqual(['decision_id'])
    expect(answer.removed).toEqual(expect.arrayContaining(['x-sallyport-subject', 'x-sallyport-issuer']))
    expect(recordsOf(point)).toMatchObject([{ effect: 'allow', dialect: 'opa-envoy', authn: 'none' }])
  })

  test('false denies with 403 and nothing more', async () => {
    const { answer } = await ask(answering(false))
    expect(answer).toMatchObject({ code: 7, http: 403, body: '', headers: {} })
    expect(Object.keys(answer.metadata)).toEqual(['decision_id'])
  })

  test('an allow changes the request, and what the client receives', async () => {
    const { answer } = await ask(
      answering({
        allowed: true,
        headers: { 'X-User': 'ann' },
        request_headers_to_remove: ['x-debug'],
        response_headers_to_add: [{ 'x-served': 'yes' }],
        dynamic_metadata: { tier: 'gold', decision_id: 'forged' },
      }),
    )
    expect(answer).toMatchObject({
      code: 0,
      headers: { 'x-user': 'ann' },
      responseHeaders: { 'x-served': 'yes' },
      metadata: { tier: 'gold', decision_id: answer.headers['x-sallyport-decision-id'] },
    })
    expect(answer.removed).toContain('x-debug')
  })

  test('a deny answers with its status, body and headers, and is PERMISSION_DENIED also with 401', async () => {
    const { answer } = await ask(
      answering({ allowed: false, http_status: 401, body: 'who?', headers: { 'www-authenticate': 'Basic' } }),
    )
    expect(answer).toMatchObject({ code: 7, http: 401, body: 'who?', headers: { 'www-authenticate': 'Basic' } })
  })

  const errors = [
    ['undefined', {}, opaService(), 'POLICY_UNDEFINED'],
    ['a number', {}, opaService({ entrypoint: 'envoy/authz/broken' }), 'POLICY_ERROR'],
    ['`allowed` of another type', answering({ allowed: 'true' }), opaService(), 'POLICY_ERROR'],
    ['an unknown status', answering({ allowed: false, http_status: 299 }), opaService(), 'POLICY_ERROR'],
  ] as const
  test.each(errors)('%s is an explicit denial, where the plugin fails the call', async (_, given, service, code) => {
    expect((await ask(answering(true))).answer.code).toBe(0)
    const { answer, point } = await ask(given, service)
    expect(answer).toMatchObject({ code: 7, http: 403, body: '' })
    expect(recordsOf(point)).toMatchObject([{ effect: 'deny', code }])
  })

  test('a service that is tried out lets the request pass, and records what was decided', async () => {
    const { answer, point } = await ask(
      answering({ allowed: false, dynamic_metadata: { a: 1 } }),
      opaService({ dryRun: true }),
    )
    expect(answer).toMatchObject({ code: 0, headers: {}, metadata: { a: 1 } })
    expect(answer.removed).toContain('x-sallyport-decision-id')
    expect(recordsOf(point)).toMatchObject([{ effect: 'deny', code: 'POLICY_DENIED', dry_run: true }])
  })
})

describe('the first gate', () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}`, 'x-answer': 'true' })
  const guarded = () => opaService({ identity: 'required' })

  test('stays in front, and its identity headers go with an allow', async () => {
    const { answer } = await ask({ headers: bearer(svid()) }, guarded())
    expect(answer).toMatchObject({ code: 0, headers: { 'x-sallyport-subject': expect.stringContaining('spiffe://') } })
    const refused = await ask({ headers: bearer(svid({ claims: { iat: 1, exp: 2 } })) }, guarded())
    expect(refused.answer).toMatchObject({ code: 16, http: 401 })
    expect((await ask(answering(true), guarded())).answer).toMatchObject({ code: 16, http: 401 })
  })

  test('`identity: policy` looks at no evidence, not even at what is wrong', async () => {
    const { answer, point } = await ask({ headers: { authorization: 'Bearer x.y.z', 'x-answer': 'true' } })
    expect(answer.code).toBe(0)
    expect(answer.headers['x-sallyport-subject']).toBeUndefined()
    expect(recordsOf(point)).toMatchObject([{ authn: 'none', dialect: 'opa-envoy' }])
  })

  test('`identity: policy` lets nobody in who asks without a document', async () => {
    const point = await pointOf(opaService())
    const pep = [...point.peps.values()][0]
    const evidence = { headers: new Map(), credentials: [] }
    const asked = { door: 'authorize', service: opaService(), evidence, questions: [{}], context: {} } as const
    if (!pep) throw new Error('no enforcement point')
    expect(await point.decide({ ...asked, pep, document: { attributes: {} } })).toMatchObject({
      code: 'POLICY_UNDEFINED',
    })
    expect(await point.decide({ ...asked, pep })).toMatchObject({ code: 'CREDENTIAL_MISSING' })
  })
})

describe('the input', () => {
  test('is the check as JSON with what is set, and what is made of it', async () => {
    const input = await seen({
      http: { path: '/a%2Fb//c?x=1&x=2&y=', size: 5 },
      principal: 'spiffe://mesh/caller',
      extensions: { tier: '' },
    })
    expect(input).toEqual({
      attributes: {
        source: { principal: 'spiffe://mesh/caller' },
        request: {
          http: {
            id: '1',
            method: 'GET',
            path: '/a%2Fb//c?x=1&x=2&y=',
            host: 'orders.example.org',
            scheme: 'https',
            protocol: 'HTTP/2',
            size: 5,
            headers: { ':authority': 'orders.example.org', ':method': 'GET', ':path': '/v1/orders/42' },
          },
        },
        contextExtensions: { service: 'orders', tier: '' },
      },
      parsed_path: ['a', 'b', '', 'c'],
      parsed_query: { x: ['1', '2'], y: [''] },
      parsed_body: null,
      truncated_body: false,
      source_principal: 'spiffe://mesh/caller',
      version: { ext_authz: 'v3', encoding: 'protojson' },
    })
  })

  const secrets = { authorization: 'Bearer s3cret', cookie: 's3cret', 'x-api-key': 's3cret', dpop: 's3cret' }

  test('has no headers that carry credentials, unless they are exposed', async () => {
    const given = { headers: { ...secrets, 'x-plain': 'p' } }
    expect(JSON.stringify(await seen(given))).not.toContain('s3cret')
    expect(JSON.stringify(await seen(given))).toContain('x-plain')
    const exposed = (await seen(given, { exposeCredentials: true })) as Record<string, object>
    expect(exposed['attributes']).toMatchObject({ request: { http: { headers: secrets } } })
  })

  test('has no parsed body where none is asked for', async () => {
    const given = { http: { body: '{' }, headers: { 'content-type': 'application/json' } }
    expect(Object.keys(await seen(given, { parseBody: false }))).not.toContain('parsed_body')
    expect((await ask(given)).refused).toEqual(['json-syntax'])
  })

  test('answers are reused for what is read, and never where credentials are exposed', async () => {
    for (const exposeCredentials of [false, true]) {
      const store = createMemoryStore({ clock: () => noon, maximumEntries: 10, maximumBytes: 100_000 })
      const service = opaService({ entrypoint: 'envoy/authz/counted' }, { exposeCredentials })
      const point = await createTestDecisionPoint({
        services: [service],
        bundles: { opa: bundle },
        decorate: (policy, rules) => cached(policy, store, { rules }),
      })
      const server = await startCheckServer({}, point)
      const [first, second] = [await server.check({}), await server.check({ http: { id: '2' } })]
      await server.close()
      expect([first.code, second.code]).toEqual([0, 0])
      expect(second.metadata['path']).toEqual(first.metadata['path'])
      const uses = recordsOf(point).map(({ questions }) => questions[0]?.cache)
      expect(uses).toEqual(exposeCredentials ? ['bypass', 'bypass'] : ['miss', 'hit-l1'])
    }
  })
})
