import { describe, expect, test } from 'vitest'
import type { Ask } from '../../../pdp/core/ask.ts'
import type { Decision } from '../../../pdp/core/decision.ts'
import { conclude } from '../../../pdp/core/draft.ts'
import { mintCaller } from '../../../pdp/core/caller.ts'
import { sha256 } from '../../../pdp/core/digest.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createTestDecisionPoint, gatewayKey, keyedGateway } from '../../support/decision-point.ts'
import { bearer, clientKey, createAsk, createService, dpop, svid } from '../../support/world.ts'

const bound = () =>
  svid({ claims: { cnf: { jkt: clientKey.thumbprint }, sub: 'spiffe://prod.example/ns/billing/sa/invoicing' } })
const hexDigest = /^[0-9a-f]{64}$/
const readPayment = { action: { name: 'read' }, resource: { type: 'payment', id: '1042' } }

describe('decide', () => {
  const rows: readonly (readonly [name: string, twin: () => Ask, defect: () => Ask, code: string, clause: string])[] = [
    [
      'a path that can be read in two ways',
      () => createAsk({ headers: bearer(svid()), url: 'https://orders.example.org/v1/orders/42' }),
      () => createAsk({ headers: bearer(svid()), url: 'https://orders.example.org/v1/orders/../orders/42' }),
      'PATH_AMBIGUOUS',
      'path-dot-segment',
    ],
    [
      'a policy that is not there',
      () => createAsk({ headers: bearer(svid()) }),
      () => createAsk({ headers: bearer(svid()), service: { ...createAsk().service, policy: 'none' } }),
      'POLICY_UNAVAILABLE',
      'policy-active',
    ],
    [
      'an obligation the service cannot perform',
      () =>
        createAsk({
          headers: dpop(bound()),
          questions: [readPayment],
          service: { ...createService('orders'), obligations: ['mask_fields'] },
        }),
      () => createAsk({ headers: dpop(bound()), questions: [readPayment] }),
      'OBLIGATION_UNSUPPORTED',
      'obligation-supported',
    ],
    [
      'a deny by policy',
      () => createAsk({ headers: bearer(svid()) }),
      () =>
        createAsk({
          headers: bearer(svid()),
          questions: [{ action: { name: 'cancel' }, resource: { type: 'order', id: '42' } }],
        }),
      'POLICY_DENIED',
      'policy-allow-false',
    ],
  ]

  test.each(rows)('%s', async (_name, twin, defect, code, clause) => {
    const point = await createTestDecisionPoint()
    expect(await point.decide(twin()), 'the twin').toMatchObject({ effect: 'allow', code: 'ALLOWED' })
    expect(await point.decide(defect())).toMatchObject({ effect: 'deny', code, clause })
    expect(point.log.lines().map((line) => (JSON.parse(line) as { code: string }).code)).toEqual(['ALLOWED', code])
  })

  test('an ask with a request alone lets policy read method and path', async () => {
    const point = await createTestDecisionPoint()
    const ask = createAsk({ headers: bearer(svid()), questions: [{}] })
    expect(await point.decide(ask)).toMatchObject({ effect: 'allow' })
    expect(await point.decide({ ...ask, questions: [{ action: { name: 1 } }] })).toMatchObject({ effect: 'deny' })
  })

  test('obligations take the licence to reuse away', async () => {
    const point = await createTestDecisionPoint()
    const service = { ...createService('orders'), obligations: ['mask_fields'], reuseMax: 60 as never }
    expect((await point.decide(createAsk({ headers: bearer(svid()), service }))).reuseMaxAge).toBe(60)
    const paid: Decision = await point.decide(createAsk({ headers: dpop(bound()), questions: [readPayment], service }))
    expect(paid).toMatchObject({ effect: 'allow', reuseMaxAge: 0 })
  })

  test('not one answer per question is INTERNAL', () => {
    const frame = frameAt()
    const caller = mintCaller({
      ask: frame.id,
      attested: {},
      attestedSources: {},
      verified: [],
      provenance: [],
      delegation: [],
      expiresAt: noon,
      reusable: true,
    })
    expect(conclude(caller, [], createAsk(), { bundle: 'b', revision: 'r', digest: 'd' })).toMatchObject({
      effect: 'deny',
      code: 'INTERNAL',
    })
  })

  test('every record is of its decision, and says no more than was verified', async () => {
    const point = await createTestDecisionPoint()
    const decision = await point.decide({
      ...createAsk({ headers: bearer(svid()), askId: 'ask-1' }),
      pep: { ...keyedGateway, address: '10.0.0.9' },
    })
    const [line = ''] = point.log.lines()
    expect(JSON.parse(line)).toMatchObject({
      kind: 'decision',
      id: decision.id,
      effect: 'allow',
      code: 'ALLOWED',
      pep: 'gateway',
      pep_auth: { kind: 'bearer', id: sha256(gatewayKey), address: '10.0.0.9' },
      service: 'orders',
      subject: { credentials: [{ kid_sha256: expect.stringMatching(hexDigest) }] },
      questions: [{ cache: 'bypass', input_sha256: expect.stringMatching(hexDigest) }],
      us: {
        began: expect.any(Number),
        identity: expect.any(Number),
        policy: expect.any(Number),
        total: expect.any(Number),
      },
    })
  })

  test('a record names the trace of the request that was asked about', async () => {
    const point = await createTestDecisionPoint()
    const [trace, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
    const ask = createAsk({ headers: bearer(svid()) })
    if (!ask.request) throw new Error('the ask must have a request')
    const request = { ...ask.request, headers: { traceparent: [`00-${trace}-${parent}-01`] } }
    await point.decide({ ...ask, request })
    expect(JSON.parse(point.log.lines()[0] ?? '')).toMatchObject({ trace: { id: trace, parent, sampled: true } })
  })

  test('a thousand asks at once: each decision has its own id, caller and record', async () => {
    const point = await createTestDecisionPoint({ deadlineMs: 30_000 })
    const names = Array.from({ length: 1_000 }, (_, i) => (i % 2 === 0 ? 'checkout' : 'reporting'))
    const decisions = await Promise.all(
      names.map((name) =>
        point.decide(
          createAsk({ headers: bearer(svid({ claims: { sub: `spiffe://prod.example/ns/shop/sa/${name}` } })) }),
        ),
      ),
    )
    expect(new Set(decisions.map(({ id }) => id)).size).toBe(1_000)
    for (const [i, decision] of decisions.entries()) expect(decision.caller?.subject?.id).toContain(names[i])
    expect(point.log.lines()).toHaveLength(1_000)
  })
})
