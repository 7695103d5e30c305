import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAllow } from '../../../pdp/core/decision.ts'
import { writeReply } from '../../../pdp/doors/authorize/write-reply.ts'
import { stepUp } from '../../../pdp/identity/step-up.ts'
import { apiKey } from '../../support/clients.ts'
import { createTestDecisionPoint, keyedGateway } from '../../support/decision-point.ts'
import { authorizeBytes, sendRaw, startTestServer, type TestServer } from '../../support/http.ts'
import {
  accessToken,
  bearer,
  boundToken,
  clientKey,
  createAsk,
  dpop,
  dpopProof,
  gateway,
  orders,
  svid,
  wit,
} from '../../support/world.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => server.close())

const url = 'https://orders.example.org/v1/orders/42'
const read = { action: { name: 'read' }, resource: { type: 'order', id: '42' } }
const cancel = { action: { name: 'cancel' }, resource: { type: 'order', id: '42' } }

async function ask(headers: object, question: object = read, at = server) {
  const body = JSON.stringify({ request: { method: 'GET', url, headers }, ...question })
  const reply = await sendRaw(at.port, [authorizeBytes({ body })])
  return { status: reply.status, reply: JSON.parse(reply.body) as Record<string, unknown> }
}

test('an allow says who, why, under which policy, and for how long', async () => {
  const { status, reply } = await ask(bearer(svid()))
  expect(status).toBe(200)
  expect(reply).toEqual({
    decision: 'allow',
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    code: 'ALLOWED',
    reasons: [{ code: 'standing_right', message: expect.any(String) }],
    subject: {
      id: 'spiffe://prod.example/ns/shop/sa/checkout',
      methods: ['jwt-svid'],
      assurance: expect.objectContaining({ level: 1, possession: 'none' }),
    },
    attested: { environment: 'production', namespace: 'shop', service_account: 'checkout' },
    cache: 'bypass',
    obligations: [],
    reuse_max_age_s: 0,
    policy: { bundle: 'orders', revision: expect.any(String), digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    respond: { status: 200, headers: {} },
  })
})

test('a deny by policy carries its reasons and a ready 403 without them', async () => {
  const { reply } = await ask(bearer(svid()), cancel)
  expect(reply).toMatchObject({
    decision: 'deny',
    code: 'POLICY_DENIED',
    reasons: [{ code: 'no_right' }],
    obligations: [],
    respond: { status: 403, headers: {} },
  })
  expect(JSON.stringify(reply['respond'])).not.toContain('no_right')
})

describe('the ready challenge of a 401', () => {
  const bound = () => boundToken()
  test.each([
    [
      'no credential: schemes without an error (RFC 6750 §3.1)',
      () => ({}),
      'CREDENTIAL_MISSING',
      /^Bearer, DPoP algs="ES256 /,
    ],
    [
      'expired',
      () => bearer(svid({ claims: { iat: 1, exp: 2 } })),
      'EXPIRED',
      /^Bearer error="invalid_token", error_description="credential has expired"$/,
    ],
    ['bound token as bearer', () => bearer(bound()), 'PROOF_REQUIRED', /^DPoP error="invalid_token", .*algs="ES256 /],
    [
      'wrong proof',
      () => {
        const token = bound()
        return dpop(token, dpopProof(token, { claims: { htm: 'PUT' } }))
      },
      'PROOF_INVALID',
      /^DPoP error="invalid_dpop_proof"/,
    ],
    [
      'two credentials in one slot',
      () => ({ authorization: [`Bearer ${svid()}`, `Bearer ${svid()}`] }),
      'CREDENTIAL_AMBIGUOUS',
      /^Bearer error="invalid_request"/,
    ],
  ])('%s', async (_name, headers, code, challenge) => {
    const { reply } = await ask(headers())
    expect(reply).toMatchObject({ decision: 'deny', code, respond: { status: 401 } })
    const respond = reply['respond'] as { headers: Record<string, string> }
    expect(respond.headers['www-authenticate']).toMatch(challenge)
  })
})

test('a workload identity token is answered without a challenge, by 400; beside a bearer token by 401', async () => {
  const alone = await ask({ 'workload-identity-token': wit() })
  expect(alone.reply).toMatchObject({ code: 'PROOF_REQUIRED', respond: { status: 400, headers: {} } })
  const both = await ask({ 'workload-identity-token': wit(), ...bearer(svid()) })
  expect(both.reply).toMatchObject({ code: 'PROOF_REQUIRED', respond: { status: 401 } })
})

test('several checks: results in order, the whole allows only if all do, one record', async () => {
  const before = server.point.log.lines().length
  const both = await ask(bearer(svid()), { checks: [read, cancel] })
  expect(both.reply).toMatchObject({
    decision: 'deny',
    code: 'POLICY_DENIED',
    results: [{ decision: 'allow' }, { decision: 'deny' }],
  })
  expect(server.point.log.lines().length).toBe(before + 1)
  const all = await ask(bearer(svid()), { checks: [read, { ...read, resource: { type: 'order', id: '43' } }] })
  expect(all.reply).toMatchObject({ decision: 'allow', results: [{ decision: 'allow' }, { decision: 'allow' }] })
})

test('an allow among denials needs its record too', async () => {
  const failing = await createTestDecisionPoint({ log: { append: async () => Promise.reject(new Error('disk full')) } })
  const questions = [read, cancel] as const
  const healthy = await (await createTestDecisionPoint()).decide(
    createAsk({ headers: bearer(svid()), questions: [...questions] }),
  )
  expect(healthy.verdicts.map(({ code }) => code)).toEqual(['ALLOWED', 'POLICY_DENIED'])
  const decision = await failing.decide(createAsk({ headers: bearer(svid()), questions: [...questions] }))
  expect(decision).toMatchObject({ effect: 'deny', code: 'AUDIT_UNAVAILABLE', verdicts: [] })
  const served = await startTestServer({}, { ...failing })
  const { reply } = await ask(bearer(svid()), { checks: questions }, served)
  expect(reply).toMatchObject({ decision: 'deny', results: [{ decision: 'deny' }, { decision: 'deny' }] })
  await served.close()
})

test('an enforcement point that did not say who it is gets no reasons and no retry', async () => {
  const open = { ...gateway, name: 'anyone', services: new Set(['orders']), authentication: { kind: 'none' as const } }
  const point = await createTestDecisionPoint({ peps: [open, keyedGateway] })
  const served = await startTestServer({}, point)
  const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } } })
  const body = JSON.stringify({ request: { method: 'GET', url, headers: dpop(token) }, ...read })
  const send = async (key: string | null) => {
    const reply = await sendRaw(served.port, [
      authorizeBytes({ body, ...(key === null && { key }), headers: ['idempotency-key: one'] }),
    ])
    return JSON.parse(reply.body) as { code: string; reasons: unknown[] }
  }
  expect(await send(null)).toMatchObject({ code: 'ALLOWED', reasons: [] })
  expect(await send(null)).toMatchObject({ code: 'REPLAYED', reasons: [] })
  await served.close()
})

test('an allow built by hand is none', () => {
  const byHand = { effect: 'allow', code: 'ALLOWED', id: 'x', verdicts: [], reuseMaxAge: 60 }
  expect(isAllow(byHand)).toBe(false)
})

test('a licence to reuse ends with the service, the credential and the policy, and a proof takes it away', async () => {
  const service = { ...orders, reuseMax: 20 as never }
  const point = await createTestDecisionPoint({ services: [service] })
  const reuse = async (headers: Record<string, string | readonly string[]>) =>
    (await point.decide(createAsk({ service, headers }))).reuseMaxAge
  expect(await reuse(bearer(svid()))).toBe(20)
  expect(await reuse(bearer(svid({ claims: { exp: 1_772_452_800 + 7 } })))).toBe(7)
  const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } } })
  expect(await reuse(dpop(token))).toBe(0)
  expect(await reuse(bearer(accessToken()))).toBe(0) // a deny: no facts of a workload
})

test('an enforcement point that authenticates is told what a caller should use instead; others are not', async () => {
  const keyed = await createTestDecisionPoint()
  const anyone = await createTestDecisionPoint({ peps: [gateway] })
  const headers = { 'x-api-key': apiKey.text }
  const advice = [{ method: 'api-key', ...stepUp('api-key') }]
  for (const [point, pep, expected] of [
    [keyed, keyedGateway, advice],
    [anyone, gateway, undefined],
  ] as const) {
    const asked = createAsk({ headers, pep })
    const reply = JSON.parse(writeReply(await point.decide(asked), asked, false)) as Record<string, unknown>
    expect(reply['advice']).toEqual(expected)
  }
})
