import { describe, expect, test } from 'vitest'
import { plus, seconds } from '../../../pdp/core/time.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createOpenToken } from '../../../pdp/identity/open-token.ts'
import { createJwtSvidVerifier } from '../../../pdp/identity/verifiers/jwt-svid.ts'
import { createVerifiedTokens } from '../../../pdp/jose/verified-tokens.ts'
import { createFirstGate, domain } from '../../support/first-gate.ts'
import {
  accessToken,
  bearer,
  boundToken,
  checkout,
  createAsk,
  dpop,
  oauthIssuer,
  svid,
  svidKey,
  trustDomain,
} from '../../support/world.ts'

describe('an accepted caller', () => {
  test('JWT-SVID: subject, facts with their sources, assurance', async () => {
    const gate = createFirstGate()
    const caller = await gate(createAsk({ headers: bearer(svid()) }))
    expect(caller).toMatchObject({
      ok: true,
      value: {
        subject: { id: checkout, issuer: 'spiffe://prod.example', trust_domain: 'prod.example', methods: ['jwt-svid'] },
        attested: { environment: 'production', namespace: 'shop', service_account: 'checkout' },
        attestedSources: { environment: 'config', namespace: 'path', service_account: 'path' },
        reusable: true,
      },
    })
    expect(caller.ok && caller.value.subject?.assurance).toEqual({
      level: 1,
      possession: 'none',
      audience_bound: true,
      single_use: false,
      attested: true,
      lifetime_s: 300,
      age_s: 0,
    })
  })

  test('DPoP-bound access token: possession raises the level, and nothing is reusable', async () => {
    const caller = await createFirstGate()(createAsk({ headers: dpop(boundToken()) }))
    expect(caller).toMatchObject({
      ok: true,
      value: {
        subject: {
          id: `${oauthIssuer}#checkout`,
          methods: ['access-token', 'dpop'],
          assurance: { level: 3, possession: 'request', single_use: true },
        },
        reusable: false,
      },
    })
  })

  test('an agent with `act`: the agent is the subject, the user stands in the delegation', async () => {
    const token = accessToken({ claims: { sub: 'alice', act: { sub: 'desk-agent', act: { sub: 'planner' } } } })
    const caller = await createFirstGate()(createAsk({ headers: bearer(token) }))
    expect(caller).toMatchObject({
      ok: true,
      value: {
        subject: { id: `${oauthIssuer}#desk-agent` },
        delegation: [
          { issuer: oauthIssuer, id: 'alice' },
          { issuer: oauthIssuer, id: 'planner' },
        ],
      },
    })
  })

  test('a token seen before is still judged by time and audience', async () => {
    const gate = createFirstGate()
    const token = svid()
    expect(await gate(createAsk({ headers: bearer(token) }))).toMatchObject({ ok: true })
    const later = frameAt(plus(noon, seconds(331)))
    expect(await gate(createAsk({ headers: bearer(token) }), later)).toMatchObject({ ok: false, code: 'EXPIRED' })
    const billing = { ...createAsk().service, name: 'billing', audiences: ['https://billing.example.org'] }
    expect(await gate(createAsk({ headers: bearer(token), service: billing }))).toMatchObject({
      code: 'AUDIENCE_REFUSED',
    })
  })

  test('no evidence at all is anonymous where identity is optional', async () => {
    const service = { ...createAsk().service, identity: 'optional' as const }
    const caller = await createFirstGate()(createAsk({ service }))
    expect(caller).toMatchObject({ ok: true, value: { verified: [], delegation: [] } })
    expect(caller.ok && caller.value.subject).toBeUndefined()
  })
})

test('a source of keys whose answer is no success and no refusal: nothing was found good', async () => {
  const gateOver = (ok: unknown) => {
    const trust = {
      asOf: () => noon,
      keys: async () => ({ ok, value: [svidKey.verification] }) as never, // a part that breaks its contract
    }
    const tokens = createVerifiedTokens()
    const settings = { trustDomain: domain(trustDomain), trust, tokens, maxLifetime: seconds(3_600), skew: seconds(30) }
    return createFirstGate({ verifiers: [createJwtSvidVerifier(settings)], open: createOpenToken(tokens) })
  }
  const ask = createAsk({ headers: bearer(svid()) })
  expect(await gateOver(true)(ask), 'the twin').toMatchObject({ ok: true })
  expect(await gateOver(1)(ask)).toMatchObject({ ok: false, code: 'INTERNAL', clause: 'trust-answer-sound' })
})
