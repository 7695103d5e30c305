import { describe, expect, test } from 'vitest'
import type { Ask } from '../../../pdp/core/ask.ts'
import type { Code } from '../../../pdp/core/codes.ts'
import type { Service } from '../../../pdp/core/service.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { accessToken as accessTokenProfile } from '../../../pdp/identity/profiles/access-token.ts'
import { oidc } from '../../../pdp/identity/profiles/oidc.ts'
import { createIssuerJwtVerifier } from '../../../pdp/identity/verifiers/issuer-jwt.ts'
import { createOpaqueTokenVerifier } from '../../../pdp/identity/verifiers/opaque-token.ts'
import { createVerifiedTokens } from '../../../pdp/jose/verified-tokens.ts'
import { createStaticKeys } from '../../../pdp/trust/static-keys.ts'
import type { RevocationKey } from '../../../pdp/seams.ts'
import { noon } from '../../support/clock.ts'
import { createFirstGate, firstGateParts } from '../../support/first-gate.ts'
import { createTestKey } from '../../support/keys.ts'
import { refusesOnly } from '../../support/twin.ts'
import {
  accessToken,
  bearer,
  boundToken,
  type Changes,
  checkout,
  checkoutCertificate,
  createAsk,
  createService,
  domainAuthority,
  dpop,
  oauthIssuer,
  opaqueIssuer,
  opaqueToken,
  svid,
  vouchingGateway,
} from '../../support/world.ts'
import { pemOf } from '../../support/certificates.ts'

// Which credentials may stand beside each other in one ask, and what each of them then speaks for.

const other = 'spiffe://prod.example/ns/shop/sa/other'
const otherCertificate = pemOf(domainAuthority.svid(other))
const withCertificate = (
  headers: Readonly<Record<string, string | readonly string[]>>,
  certificate = checkoutCertificate,
) => createAsk({ headers, certificate, pep: vouchingGateway })

const peopleIssuer = 'https://people.example.org'
const peopleKey = createTestKey('people-1', { alg: 'ES256', use: 'sig' })
const person = (claims: Changes = {}) =>
  accessToken({ key: peopleKey, claims: { iss: peopleIssuer, sub: 'alice', client_id: 'front', ...claims } })
const rules = { maxLifetime: seconds(3_600), skew: seconds(30) }

/** A gate where people's tokens are delegation, and the checkout workload is a client of both issuers. */
function delegationParts() {
  const parts = firstGateParts()
  return {
    ...parts,
    verifiers: [
      ...parts.verifiers,
      createIssuerJwtVerifier({
        ...rules,
        issuer: peopleIssuer,
        profiles: [accessTokenProfile, oidc],
        trust: createStaticKeys({ name: peopleIssuer, keys: [peopleKey.verification], clock: () => noon }),
        tokens: createVerifiedTokens(),
        algorithms: ['ES256'],
        environment: 'people',
        role: 'delegation',
      }),
    ],
    links: [
      { spiffeId: checkout, issuer: oauthIssuer, sub: 'checkout' },
      { spiffeId: checkout, issuer: peopleIssuer, sub: 'checkout-client' },
    ],
  }
}
const gate = (changes: Parameters<typeof createFirstGate>[0] = {}) =>
  createFirstGate({ ...delegationParts(), ...changes })

describe('configured links', () => {
  test('a client and its workload are one subject, which is the SPIFFE ID', async () => {
    const caller = await gate()(withCertificate(bearer(accessToken())))
    expect(caller).toMatchObject({
      ok: true,
      value: {
        subject: { id: checkout, trust_domain: 'prod.example', assurance: { level: 3, attested: true } },
        attested: { environment: 'production', namespace: 'shop', service_account: 'checkout' },
        verified: [{ method: 'x509-svid' }, { method: 'access-token' }],
        delegation: [],
      },
    })
  })
  const rows: readonly (readonly [string, Ask])[] = [
    ['without a link', withCertificate(bearer(accessToken({ claims: { sub: 'billing' } })))],
    ['the workload of another link', withCertificate(bearer(accessToken()), otherCertificate)],
    ['the name at another issuer', withCertificate(bearer(opaqueToken()))],
  ]
  test.each(rows)('confused deputy: %s', (_name, defect) =>
    refusesOnly(gate(), withCertificate(bearer(accessToken())), defect, {
      code: 'CREDENTIAL_CONFLICT',
      clause: 'join-one-subject',
    }),
  )
})

describe('delegation by a second credential', () => {
  test("a person's token beside a workload's own: delegation, and nothing else", async () => {
    const caller = await gate()(withCertificate(bearer(person())))
    expect(caller).toMatchObject({
      ok: true,
      value: {
        subject: { id: checkout, methods: ['x509-svid', 'tls-handshake'], assurance: { level: 3, attested: true } },
        attested: { environment: 'production' },
        delegation: [{ issuer: peopleIssuer, id: 'alice', claims: { sub: 'alice' } }],
      },
    })
    if (!caller.ok) throw new Error(caller.clause)
    expect(caller.value.verified.map(({ method }) => method)).toEqual(['x509-svid'])
    expect(caller.value.expiresAt, 'ends with the token').toBe(noon + 300_000)
  })
  test('a token that names the caller as its actor', async () => {
    const caller = await gate()(
      withCertificate(bearer(person({ act: { sub: 'checkout-client', act: { sub: 'front' } } }))),
    )
    expect(caller).toMatchObject({
      ok: true,
      value: { subject: { id: checkout }, delegation: [{ id: 'alice' }, { id: 'front' }] },
    })
  })
  const twin = () => withCertificate(bearer(person()))
  const rows: readonly (readonly [string, Ask, Code, string])[] = [
    ['alone it is nobody', createAsk({ headers: bearer(person()) }), 'CREDENTIAL_MISSING', 'join-subject-present'],
    [
      'given to another actor than the caller',
      withCertificate(bearer(person({ act: { sub: 'another-client' } }))),
      'CREDENTIAL_CONFLICT',
      'join-actor-is-caller',
    ],
    [
      'for another service',
      withCertificate(bearer(person({ aud: 'https://billing.example.org' }))),
      'AUDIENCE_REFUSED',
      'rfc7519-4.1.3-aud',
    ],
    [
      'expired',
      withCertificate(bearer(person({ exp: noon / 1000 - 60, iat: noon / 1000 - 120 }))),
      'EXPIRED',
      'rfc7519-4.1.4-exp',
    ],
    [
      'of a person called like a workload',
      withCertificate(bearer(person({ sub: checkout }))),
      'CREDENTIAL_REFUSED',
      'rfc8725-3.11-typ',
    ],
    [
      'bound to a key that was not shown',
      withCertificate(bearer(person({ cnf: { jkt: 'A'.repeat(43) } }))),
      'PROOF_REQUIRED',
      'rfc9449-7.2-bound-token-as-bearer',
    ],
    [
      'act nested beyond the limit',
      withCertificate(bearer(person({ act: deepAct(5) }))),
      'CREDENTIAL_REFUSED',
      'rfc8693-4.1-act-depth',
    ],
  ] // prettier-ignore
  test.each(rows)('%s', (_name, defect, code, clause) => refusesOnly(gate(), twin(), defect, { code, clause }))

  test('a person who is revoked delegates nothing any more', async () => {
    const asked: RevocationKey[] = []
    const find = (keys: readonly RevocationKey[]) => {
      asked.push(...keys)
      return keys.some((key) => key.by === 'subject' && key.id === `${peopleIssuer}#alice`)
        ? { reason: 'left', since: noon }
        : ('clear' as const)
    }
    await refusesOnly(
      gate({ revocation: { confirmedAt: () => noon, find } }),
      withCertificate(bearer(person({ sub: 'bob' }))),
      twin(),
      { code: 'REVOKED', clause: 'revocation' },
    )
    expect(asked).toContainEqual(expect.objectContaining({ id: checkout }))
  })

  test('nobody is let in where it is not known who is revoked', async () => {
    const revocation = (answer: 'clear' | 'unconfirmed') =>
      gate({ revocation: { confirmedAt: () => noon, find: () => answer } })
    expect(await revocation('clear')(twin())).toMatchObject({ ok: true })
    expect(await revocation('unconfirmed')(twin())).toMatchObject({
      code: 'REVOCATION_UNAVAILABLE',
      clause: 'revocation-known',
    })
  })
  test('by an opaque token too', async () => {
    const parts = delegationParts()
    const { verifiers } = parts
    const opaque = verifiers.find(({ method }) => method === 'opaque-token')
    const delegating = createOpaqueTokenVerifier({
      ...rules,
      issuer: opaqueIssuer,
      prefix: '',
      role: 'delegation',
      introspector: {
        introspect: async (_, { now }) => ({ ok: true, value: { response: answer, asOf: now, until: now } }),
      },
    })
    const answer = {
      active: true,
      sub: 'alice',
      aud: 'https://orders.example.org',
      token_type: 'Bearer',
      exp: noon / 1000 + 60,
    }
    const caller = await createFirstGate({
      ...parts,
      verifiers: verifiers.map((each) => (each === opaque ? delegating : each)),
    })(withCertificate(bearer('an-opaque-token')))
    expect(caller).toMatchObject({
      ok: true,
      value: { subject: { id: checkout }, delegation: [{ issuer: opaqueIssuer, id: 'alice' }] },
    })
  })
})

function deepAct(depth: number): Changes {
  return depth === 1 ? { sub: 'a' } : { sub: 'a', act: deepAct(depth - 1) }
}

describe('what a service demands', () => {
  const fresh = createService('orders', { maxAttestationAge: seconds(120) })
  const strong = createService('orders', { minimumAssurance: 3 })
  const earlier = (s: number) => ({ iat: noon / 1000 - s, exp: noon / 1000 + 200 })
  const askOf = (service: Service, headers: Readonly<Record<string, string | readonly string[]>>) =>
    createAsk({ service, headers })
  const rows: readonly (readonly [string, Ask, Ask, Code, string])[] = [
    [
      'an SVID of three minutes ago',
      askOf(fresh, bearer(svid({ claims: earlier(119) }))),
      askOf(fresh, bearer(svid({ claims: earlier(121) }))),
      'ATTESTATION_STALE',
      'service-attestation-age',
    ],
    [
      'a token that does not say when',
      askOf(fresh, bearer(svid())),
      askOf(fresh, bearer(svid({ claims: { iat: undefined } }))),
      'ATTESTATION_STALE',
      'service-attestation-time-known',
    ],
    [
      'an opaque token of three minutes ago',
      askOf(fresh, bearer(opaqueToken({ claims: earlier(119) }))),
      askOf(fresh, bearer(opaqueToken({ claims: earlier(121) }))),
      'ATTESTATION_STALE',
      'service-attestation-age',
    ],
    [
      'bearer where possession is needed',
      askOf(strong, dpop(boundToken())),
      askOf(strong, bearer(accessToken())),
      'ASSURANCE_REQUIRED',
      'service-minimum-assurance',
    ],
    [
      'nobody, where a level is needed',
      askOf(createService('orders', { identity: 'optional' }), {}),
      askOf(createService('orders', { identity: 'optional', minimumAssurance: 1 }), {}),
      'CREDENTIAL_MISSING',
      'identity-required',
    ],
  ]
  test.each(rows)('%s', (_name, twin, defect, code, clause) =>
    refusesOnly(createFirstGate(), twin, defect, { code, clause }),
  )

  test('the licence to reuse ends when the attestation is too old', async () => {
    const caller = await createFirstGate()(askOf(fresh, bearer(svid({ claims: earlier(60) }))))
    expect(caller).toMatchObject({ ok: true, value: { expiresAt: noon + 60_000 } })
  })
  test('delegation is not held to it: it feeds no assurance', async () => {
    const ask = {
      ...withCertificate(bearer(person({ iat: noon / 1000 - 200, exp: noon / 1000 + 200 }))),
      service: createService('orders', { minimumAssurance: 3, maxAttestationAge: seconds(3_700) }),
    }
    expect(await gate()(ask)).toMatchObject({ ok: true })
  })
})
