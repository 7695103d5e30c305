import { describe, expect, test } from 'vitest'
import type { Code } from '../../../pdp/core/codes.ts'
import { madeKeyPair, registryIssuer, registryOf, worldClients, writtenClient } from '../../support/clients.ts'
import { clientAssertion } from '../../support/client-assertion.ts'
import { noon } from '../../support/clock.ts'
import { createFirstGate, registryVerifiers } from '../../support/first-gate.ts'
import { refusesOnly } from '../../support/twin.ts'
import { bearer, type Changes, createAsk, createService } from '../../support/world.ts'

const at = noon / 1_000
const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const inBody = (...tokens: string[]) => createAsk({ credentials: tokens.map((token) => ({ type, token })) })
const inHeader = (token: string) => createAsk({ headers: bearer(token) })
const assertion = (claims: Changes = {}, header: Changes = {}) => clientAssertion({ claims, header })
const stranger = madeKeyPair('private-key-jwt', 'stranger-1')

test.each([
  ['in the body, as the RFC names it', inBody],
  ['as a bearer token of its own type', inHeader],
] as const)('an assertion proves its client: %s', async (_name, place) => {
  expect(await createFirstGate()(place(assertion()))).toMatchObject({
    ok: true,
    value: {
      subject: {
        id: `${registryIssuer}#checkout`,
        methods: ['private-key-jwt'],
        assurance: { level: 2, possession: 'none', single_use: true, audience_bound: true, lifetime_s: 60 },
      },
      verified: [{ claims: { client_id: 'checkout', key_id: 'checkout-1', jti: expect.any(String) } }],
    },
  })
})

test.each([
  ['JWT', { typ: 'JWT' }],
  ['none', { typ: undefined }],
  ['the media type in full', { typ: 'application/client-authentication+jwt' }],
])('type %s is taken where its place says what it is', async (_name, header) => {
  expect(await createFirstGate()(inBody(assertion({}, header)))).toMatchObject({ ok: true })
})

test('without iat, and with the id of its key or that of no key', async () => {
  expect(await createFirstGate()(inBody(assertion({ iat: undefined })))).toMatchObject({ ok: true })
  for (const kid of ['checkout-1', 'a-name-that-the-client-has-for-it']) {
    expect(await createFirstGate()(inBody(assertion({}, { kid })))).toMatchObject({ ok: true })
  }
})

type Row = readonly [name: string, claims: Changes, code: Code, clause: string]

const rows: readonly Row[] = [
  ['iss absent', { iss: undefined }, 'CREDENTIAL_REFUSED', 'rfc7523-3.1-issuer'],
  ['iss empty', { iss: '' }, 'CREDENTIAL_REFUSED', 'rfc7523-3.1-issuer'],
  ['iss is ours', { iss: registryIssuer, sub: registryIssuer }, 'SIGNATURE_INVALID', 'registered-key-signature'],
  ['sub of another client', { sub: 'billing' }, 'CREDENTIAL_REFUSED', 'rfc7523-3.2-subject-is-issuer'],
  ['sub absent', { sub: undefined }, 'CREDENTIAL_REFUSED', 'rfc7523-3.2-subject-is-issuer'],
  [
    'a client that is not registered',
    { iss: 'nobody', sub: 'nobody' },
    'SIGNATURE_INVALID',
    'registered-key-signature',
  ],
  [
    'audience confusion: the token endpoint',
    { aud: `${registryIssuer}/token` },
    'AUDIENCE_REFUSED',
    'rfc7519-4.1.3-aud',
  ],
  [
    'audience confusion: ours and another',
    { aud: [registryIssuer, 'https://evil.example'] },
    'AUDIENCE_REFUSED',
    'rfc7519-4.1.3-aud-single',
  ],
  ['audience confusion: ours with a slash', { aud: `${registryIssuer}/` }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  ['audience confusion: upper case', { aud: registryIssuer.toUpperCase() }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  ['audience confusion: begins like ours', { aud: `${registryIssuer}.evil` }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  ['the guarded service as audience', { aud: 'https://orders.example.org' }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  ['aud absent', { aud: undefined }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  ['exp absent', { exp: undefined }, 'CREDENTIAL_REFUSED', 'rfc7519-4.1.4-exp'],
  ['exp null', { exp: null }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['exp in milliseconds', { exp: noon + 60_000 }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['exp in the past', { iat: at - 120, exp: at - 60 }, 'EXPIRED', 'rfc7519-4.1.4-exp'],
  ['nbf ahead', { nbf: at + 60 }, 'NOT_YET_VALID', 'rfc7519-4.1.5-nbf'],
  ['good for more than five minutes', { exp: at + 301 }, 'CREDENTIAL_REFUSED', 'jwt-lifetime'],
  [
    'good for more than five minutes, without iat',
    { iat: undefined, exp: at + 331 },
    'CREDENTIAL_REFUSED',
    'jwt-lifetime',
  ],
  ['jti absent', { jti: undefined }, 'CREDENTIAL_REFUSED', 'rfc7523-3.7-jti'],
  ['jti empty', { jti: '' }, 'CREDENTIAL_REFUSED', 'rfc7523-3.7-jti'],
  ['jti of 257 characters', { jti: 'a'.repeat(257) }, 'CREDENTIAL_REFUSED', 'rfc7523-3.7-jti'],
  ['jti that is no text', { jti: 1 }, 'CREDENTIAL_REFUSED', 'rfc7523-3.7-jti'],
]

describe('refused', () => {
  test.each(rows)('%s', (_name, claims, code, clause) =>
    refusesOnly(createFirstGate(), inBody(assertion()), inBody(assertion(claims)), { code, clause }),
  )
  test.each([
    ['type of an access token', { typ: 'at+jwt' }, 'CREDENTIAL_REFUSED', 'rfc8725-3.11-typ'],
    ['type of a proof', { typ: 'dpop+jwt' }, 'CREDENTIAL_REFUSED', 'rfc8725-3.11-typ'],
    ['alg none', { alg: 'none' }, 'CREDENTIAL_MALFORMED', 'rfc8725-3.1-alg-accepted'],
    ['an algorithm of another kind of key', { alg: 'RS256' }, 'SIGNATURE_INVALID', 'registered-key-signature'],
    ['an embedded key', { jwk: { kty: 'EC' } }, 'CREDENTIAL_MALFORMED', 'rfc7515-4.1.3-jwk'],
  ] as const)('header: %s', (_name, header, code, clause) =>
    refusesOnly(createFirstGate(), inBody(assertion()), inBody(assertion({}, header)), { code, clause }),
  )
  test('signed by a key that is not registered', () =>
    refusesOnly(createFirstGate(), inBody(assertion()), inBody(clientAssertion({ key: stranger.privateKey })), {
      code: 'SIGNATURE_INVALID',
      clause: 'registered-key-signature',
    }))
  test('two in one body', () =>
    refusesOnly(createFirstGate(), inBody(assertion()), inBody(assertion(), assertion()), {
      code: 'CREDENTIAL_AMBIGUOUS',
      clause: 'rfc6749-2.3-one-client-authentication',
    }))
  test('as a bearer token without its type it is a token of an issuer that nobody configured', () =>
    refusesOnly(createFirstGate(), inHeader(assertion()), inHeader(assertion({}, { typ: 'JWT' })), {
      code: 'ISSUER_UNKNOWN',
      clause: 'select-issuer',
    }))
  test('where no verifier takes assertions', () =>
    refusesOnly(
      (gate: ReturnType<typeof createFirstGate>) => gate(inBody(assertion())),
      createFirstGate(),
      createFirstGate({ verifiers: [], links: [] }),
      { code: 'CREDENTIAL_UNSUPPORTED', clause: 'select-client-assertion' },
    ))
  test('a client that is not registered for the service', () =>
    refusesOnly(
      createFirstGate(),
      inBody(assertion()),
      { ...inBody(assertion()), service: createService('billing') },
      { code: 'AUDIENCE_REFUSED', clause: 'client-service' },
    ))
})

describe('single use', () => {
  test('one jti, signed twice', () => {
    const gate = createFirstGate()
    return refusesOnly(gate, inBody(assertion({ jti: 'one' })), inBody(assertion({ jti: 'one', exp: at + 90 })), {
      code: 'REPLAYED',
      clause: 'first-use',
    })
  })
  test('replay race: of fifty at once one is allowed', async () => {
    const gate = createFirstGate()
    const same = inBody(assertion())
    const answers = await Promise.all(Array.from({ length: 50 }, () => gate(same)))
    expect(answers.filter(({ ok }) => ok).length).toBe(1)
  })
  test('another client may have used the same jti', async () => {
    const clients = { ...worldClients, stranger: writtenClient([stranger.written]) }
    const gate = createFirstGate({ verifiers: registryVerifiers(registryOf(clients)), links: [] })
    const other = { claims: { iss: 'stranger', sub: 'stranger', jti: 'one' }, key: stranger.privateKey }
    expect(await gate(inBody(assertion({ jti: 'one' })))).toMatchObject({ ok: true })
    expect(await gate(inBody(clientAssertion(other)))).toMatchObject({ ok: true })
  })
})
