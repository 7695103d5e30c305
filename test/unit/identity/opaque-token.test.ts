import { describe, expect, test } from 'vitest'
import type { Code } from '../../../pdp/core/codes.ts'
import { createOpaqueTokenVerifier } from '../../../pdp/identity/verifiers/opaque-token.ts'
import { createSelect } from '../../../pdp/identity/select.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { refusesOnly } from '../../support/twin.ts'
import {
  bearer,
  boundOpaqueToken,
  type Changes,
  checkout,
  checkoutCertificate,
  clientKey,
  createAsk,
  dpop,
  dpopProof,
  opaqueIssuer,
  opaqueToken,
  strangerKey,
  svid,
  testIntrospector,
  vouchingGateway,
} from '../../support/world.ts'

const at = Math.trunc(noon / 1000)
const withToken = (claims: Changes = {}) => createAsk({ headers: bearer(opaqueToken({ claims })) })

test('an opaque token proves its client: `sub`, or `client_id` where there is none', async () => {
  const gate = createFirstGate()
  const client = await gate(withToken())
  expect(client).toMatchObject({
    ok: true,
    value: {
      subject: { id: `${opaqueIssuer}#checkout`, methods: ['opaque-token'], assurance: { level: 1 } },
      attested: { environment: 'production' },
      verified: [{ method: 'opaque-token', issuer: opaqueIssuer, attested_at: '2026-03-02T12:00:00.000Z' }],
    },
  })
  const person = await gate(withToken({ sub: 'alice@example.org' }))
  expect(person).toMatchObject({ ok: true, value: { subject: { id: `${opaqueIssuer}#alice%40example.org` } } })
})

test('a licence to reuse ends with what is known of the token, before the token does', async () => {
  const caller = await createFirstGate()(withToken())
  expect(caller).toMatchObject({ ok: true, value: { expiresAt: noon + 30_000 } })
})

test('bound to a key, it needs the scheme DPoP and a proof over the very token', async () => {
  const gate = createFirstGate()
  expect(await gate(createAsk({ headers: dpop(boundOpaqueToken()) }))).toMatchObject({
    ok: true,
    value: { subject: { methods: ['opaque-token', 'dpop'], assurance: { level: 3, possession: 'request' } } },
  })
})

type Row = readonly [name: string, claims: Changes, code: Code, clause: string]

const rows: readonly Row[] = [
  ['active false', { active: false }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-active'],
  ['active absent', { active: undefined }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-active'],
  ['active as text', { active: 'true' }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-active'],
  ['active as a number', { active: 1 }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-active'],
  ['active in a list', { active: [true] }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-active'],
  ['active as an object', { active: {} }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-active'],
  ['another issuer', { iss: 'https://evil.example' }, 'ISSUER_UNKNOWN', 'rfc7662-2.2-iss'],
  ['the issuer with a slash', { iss: `${opaqueIssuer}/` }, 'ISSUER_UNKNOWN', 'rfc7662-2.2-iss'],
  ['issuers in a list', { iss: [opaqueIssuer] }, 'ISSUER_UNKNOWN', 'rfc7662-2.2-iss'],
  ['no exp', { exp: undefined }, 'CREDENTIAL_REFUSED', 'rfc7519-4.1.4-exp'],
  ['exp in the past', { exp: at - 60, iat: at - 120 }, 'EXPIRED', 'rfc7519-4.1.4-exp'],
  ['exp in milliseconds', { exp: noon + 300_000 }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['exp as text', { exp: String(at + 300) }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['nbf in the future', { nbf: at + 120 }, 'NOT_YET_VALID', 'rfc7519-4.1.5-nbf'],
  ['iat in the future', { iat: at + 120 }, 'NOT_YET_VALID', 'rfc7519-4.1.6-iat'],
  ['a life of a day', { exp: at + 86_400 }, 'CREDENTIAL_REFUSED', 'jwt-lifetime'],
  ['no aud', { aud: undefined }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  ['aud of another service', { aud: 'https://billing.example.org' }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  ['aud that begins like ours', { aud: 'https://orders.example.org.evil' }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  ['aud as an object', { aud: {} }, 'CREDENTIAL_MALFORMED', 'rfc7519-4.1.3-aud-form'],
  [
    'audience confusion: ours with a slash',
    { aud: 'https://orders.example.org/' },
    'AUDIENCE_REFUSED',
    'rfc7519-4.1.3-aud',
  ],
  [
    'audience confusion: ours in upper case',
    { aud: 'HTTPS://ORDERS.EXAMPLE.ORG' },
    'AUDIENCE_REFUSED',
    'rfc7519-4.1.3-aud',
  ],
  ['audience confusion: a list of others', { aud: ['https://evil.example'] }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  ['exp absent: null', { exp: null }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['exp absent: negative', { exp: -1 }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['no token_type, as of a refresh token', { token_type: undefined }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-token-type'],
  ['token_type of something else', { token_type: 'id_token' }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-token-type'],
  ['token_type DPoP without a key', { token_type: 'DPoP' }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-token-type'],
  ['neither sub nor client_id', { client_id: undefined }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-sub-or-client-id'],
  ['an empty sub', { sub: '' }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-sub-or-client-id'],
  ['a sub that is no text', { sub: ['checkout'] }, 'CREDENTIAL_REFUSED', 'rfc7662-2.2-sub-or-client-id'],
  ['a sub that is a SPIFFE ID', { sub: checkout }, 'CREDENTIAL_REFUSED', 'subject-spiffe-only-from-svid'],
  ['cnf that is a list', { cnf: [] }, 'CREDENTIAL_MALFORMED', 'rfc7800-3-cnf-form'],
  ['cnf nobody here checks', { cnf: { kid: 'a' } }, 'CREDENTIAL_REFUSED', 'rfc7800-3.1-cnf-member'],
  [
    'bound to a key, as Bearer',
    { cnf: { jkt: clientKey.thumbprint } },
    'PROOF_REQUIRED',
    'rfc9449-7.2-bound-token-as-bearer',
  ],
  [
    'bound to a certificate that is not there',
    { cnf: { 'x5t#S256': 'A'.repeat(43) } },
    'PROOF_REQUIRED',
    'rfc8705-3-certificate-present',
  ],
  ['act that is no object', { act: 'agent' }, 'CREDENTIAL_MALFORMED', 'rfc8693-4.1-act-form'],
] // prettier-ignore

describe('what the issuer answers', () => {
  test.each(rows)('%s: %s', async (_name, claims, code, clause) => {
    await refusesOnly(createFirstGate(), withToken(), withToken(claims), { code, clause })
  })
})

describe('how it is presented', () => {
  test('a token that the issuer does not know', () =>
    refusesOnly(createFirstGate(), withToken(), createAsk({ headers: bearer('made-up') }), {
      code: 'CREDENTIAL_REFUSED',
      clause: 'rfc7662-2.2-active',
    }))
  test.each(['a"b', 'a%20b', 'ä', '=', 'a=b', `${'a'.repeat(4_097)}`])('%s is not sent to the issuer', async (text) => {
    let asked = 0
    const verifier = createOpaqueTokenVerifier({
      ...settings,
      introspector: {
        introspect(token, frame) {
          asked++
          return testIntrospector.introspect(token, frame)
        },
      },
    })
    const gate = createFirstGate({ verifiers: [verifier], links: [] })
    await refusesOnly(gate, withToken(), createAsk({ headers: bearer(text) }), {
      code: 'CREDENTIAL_MALFORMED',
      clause: 'rfc6750-2.1-b64token',
    })
    expect(asked).toBe(1)
  })
  test('scheme DPoP with a token that is not bound', () =>
    refusesOnly(
      createFirstGate(),
      createAsk({ headers: dpop(boundOpaqueToken()) }),
      createAsk({ headers: dpop(opaqueToken()) }),
      { code: 'PROOF_INVALID', clause: 'rfc9449-7.1-token-bound' },
    ))
  test('scheme DPoP without a proof', () =>
    refusesOnly(
      createFirstGate(),
      createAsk({ headers: dpop(boundOpaqueToken()) }),
      createAsk({ headers: { authorization: `DPoP ${boundOpaqueToken()}` } }),
      { code: 'PROOF_REQUIRED', clause: 'rfc9449-7.1-proof-present' },
    ))
  test('a proof by another key', () => {
    const token = boundOpaqueToken()
    return refusesOnly(
      createFirstGate(),
      createAsk({ headers: dpop(token) }),
      createAsk({ headers: dpop(token, dpopProof(token, { key: strangerKey })) }),
      { code: 'PROOF_INVALID', clause: 'rfc9449-4.3.12-key-of-token' },
    )
  })
  test('a proof over another token', () => {
    const token = boundOpaqueToken()
    return refusesOnly(
      createFirstGate(),
      createAsk({ headers: dpop(token) }),
      createAsk({ headers: dpop(token, dpopProof(boundOpaqueToken())) }),
      { code: 'PROOF_INVALID', clause: 'rfc9449-4.3.12-ath' },
    )
  })
  test('two segments are no JWT; three always are', async () => {
    const gate = createFirstGate()
    const jwt = svid()
    const [header, payload] = jwt.split('.')
    await refusesOnly(
      gate,
      createAsk({ headers: bearer(jwt) }),
      createAsk({ headers: bearer(`${header}.${payload}`) }),
      {
        code: 'CREDENTIAL_REFUSED',
        clause: 'rfc7662-2.2-active',
      },
    )
    await refusesOnly(
      gate,
      createAsk({ headers: bearer(jwt) }),
      createAsk({ headers: bearer(`${header}.${payload}.`) }),
      {
        code: 'CREDENTIAL_MALFORMED',
        clause: 'rfc7515-7.1-segments',
      },
    )
  })
})

const settings = {
  issuer: opaqueIssuer,
  prefix: '',
  introspector: testIntrospector,
  maxLifetime: seconds(3_600),
  skew: seconds(30),
} as const

describe('whose token it is', () => {
  const verifier = (prefix: string) => createOpaqueTokenVerifier({ ...settings, prefix })
  test.each([
    ['', ''],
    ['', 'a_'],
    ['a_', 'a_b_'],
  ])('prefixes `%s` and `%s` refuse to start', (one, other) => {
    expect(() => createSelect([verifier('a_'), verifier('b_')])).not.toThrow()
    expect(() => createSelect([verifier(one), verifier(other)])).toThrow('give each a prefix')
  })
  test('the prefix chooses; without one that fits the token goes nowhere', () => {
    const [a, b] = [verifier('a_'), verifier('b_')]
    const select = createSelect([a, b])
    const key = (text: string, scheme: 'bearer' | 'dpop' | 'api-key' = 'bearer') =>
      select({ form: 'key', scheme, text })
    expect(key('a_1')).toEqual({ ok: true, value: a })
    expect(key('b_1', 'dpop')).toEqual({ ok: true, value: b })
    expect(key('c_1')).toMatchObject({ ok: false, code: 'CREDENTIAL_UNSUPPORTED', clause: 'select-key' })
    expect(key('a_1', 'api-key')).toMatchObject({ ok: false, code: 'CREDENTIAL_UNSUPPORTED', clause: 'select-key' })
  })
})

test('beside a certificate it joins by a configured link alone, and the SPIFFE ID is the subject', async () => {
  const ask = createAsk({
    headers: bearer(opaqueToken()),
    certificate: checkoutCertificate,
    pep: vouchingGateway,
  })
  expect(await createFirstGate()(ask)).toMatchObject({
    ok: true,
    value: { subject: { id: checkout, methods: ['x509-svid', 'tls-handshake', 'opaque-token'] } },
  })
  const stranger = createAsk({
    headers: bearer(opaqueToken({ claims: { client_id: 'another' } })),
    certificate: checkoutCertificate,
    pep: vouchingGateway,
  })
  await refusesOnly(createFirstGate(), ask, stranger, { code: 'CREDENTIAL_CONFLICT', clause: 'join-one-subject' })
})

test('audience confusion: beside another audience ours is accepted, at a lower level', async () => {
  const both = await createFirstGate()(withToken({ aud: ['https://orders.example.org', 'https://evil.example'] }))
  expect(both).toMatchObject({ ok: true, value: { subject: { assurance: { level: 0, audience_bound: false } } } })
})

test('a scope, a role or a user name of the answer feeds neither subject nor facts', async () => {
  const claims = { scope: 'admin environment:staging', roles: ['admin'], username: 'root', environment: 'staging' }
  const caller = await createFirstGate()(withToken(claims))
  expect(caller).toMatchObject({
    ok: true,
    value: {
      subject: { id: `${opaqueIssuer}#checkout` },
      attested: { environment: 'production' },
      verified: [{ claims: { scope: 'admin environment:staging' } }],
    },
  })
  if (caller.ok) expect(Object.keys(caller.value.attested)).toEqual(['environment'])
})

test('verifier cache returns other identity: a hundred tokens in turn, each its own client', async () => {
  const gate = createFirstGate()
  const clients = Array.from({ length: 100 }, (_, i) => `client-${i}`)
  const tokens = clients.map((client_id) => opaqueToken({ claims: { client_id } }))
  for (const round of [tokens, tokens.toReversed()]) {
    for (const token of round) {
      const caller = await gate(createAsk({ headers: bearer(token) }))
      expect(caller).toMatchObject({ value: { subject: { id: `${opaqueIssuer}#client-${tokens.indexOf(token)}` } } })
    }
  }
})
