import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Code } from '../../../pdp/core/codes.ts'
import { createSelect } from '../../../pdp/identity/select.ts'
import { noon } from '../../support/clock.ts'
import { type HmacTokenChanges, hmacToken, registryIssuer } from '../../support/clients.ts'
import { createFirstGate, firstGateParts } from '../../support/first-gate.ts'
import { signJwt } from '../../support/keys.ts'
import { refusesOnly } from '../../support/twin.ts'
import {
  accessToken,
  bearer,
  clientKey,
  createAsk,
  dpop,
  issuerKey,
  oauthIssuer,
  svid,
  svidKey,
} from '../../support/world.ts'

const at = Math.trunc(noon / 1000)
const gate = createFirstGate()
const verify = (token: string) => gate(createAsk({ headers: bearer(token) }))

test('a token with a MAC proves its client, as a short bearer credential', async () => {
  expect(await verify(hmacToken())).toMatchObject({
    ok: true,
    value: {
      subject: {
        id: `${registryIssuer}#checkout`,
        methods: ['hmac-token'],
        assurance: { level: 1, audience_bound: true, lifetime_s: 300 },
      },
      verified: [{ method: 'hmac-token', attested_at: '2026-03-02T12:00:00.000Z' }],
    },
  })
})

test('bound to a key it needs the proof of that key', async () => {
  const bound = hmacToken({ claims: { cnf: { jkt: clientKey.thumbprint } } })
  expect(await gate(createAsk({ headers: dpop(bound) }))).toMatchObject({
    ok: true,
    value: { subject: { methods: ['hmac-token', 'dpop'], assurance: { level: 3 } } },
  })
  expect(await verify(bound)).toMatchObject({ ok: false, code: 'PROOF_REQUIRED' })
})

type Row = readonly [name: string, changes: HmacTokenChanges, code: Code, clause: string]

const rows: readonly Row[] = [
  ['another secret', { secret: Buffer.alloc(32, 'another') }, 'SIGNATURE_INVALID', 'hmac-token-mac'],
  ['an unknown key', { header: { kid: 'nobody' } }, 'SIGNATURE_INVALID', 'hmac-token-mac'],
  ['no kid', { header: { kid: undefined } }, 'CREDENTIAL_MALFORMED', 'hmac-token-kid'],
  ['HS384', { header: { alg: 'HS384' } }, 'SIGNATURE_INVALID', 'hmac-token-mac'],
  ['alg none', { header: { alg: 'none' } }, 'SIGNATURE_INVALID', 'hmac-token-mac'],
  ['another type', { header: { typ: 'at+jwt' } }, 'CREDENTIAL_REFUSED', 'rfc8725-3.11-typ'],
  ['no type', { header: { typ: undefined } }, 'CREDENTIAL_REFUSED', 'rfc8725-3.11-typ'],
  ['an embedded key', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }, 'CREDENTIAL_MALFORMED', 'rfc7515-4.1.3-jwk'],
  ['crit', { header: { crit: ['x'] } }, 'CREDENTIAL_MALFORMED', 'rfc7515-4.1.11-crit'],
  ['another issuer', { claims: { iss: oauthIssuer } }, 'CREDENTIAL_MALFORMED', 'rfc8725-3.1-alg-accepted'],
  ['no issuer', { claims: { iss: undefined } }, 'CREDENTIAL_MALFORMED', 'rfc8725-3.1-alg-accepted'],
  ['another client', { claims: { sub: 'billing' } }, 'CREDENTIAL_REFUSED', 'hmac-token-client'],
  ['a SPIFFE ID', { claims: { sub: 'spiffe://prod.example/a' } }, 'CREDENTIAL_REFUSED', 'hmac-token-client'],
  ['no jti', { claims: { jti: undefined } }, 'CREDENTIAL_REFUSED', 'hmac-token-jti'],
  ['an actor', { claims: { act: { sub: 'x' } } }, 'CREDENTIAL_REFUSED', 'hmac-token-no-actor'],
  ['no exp', { claims: { exp: undefined } }, 'CREDENTIAL_REFUSED', 'rfc7519-4.1.4-exp'],
  ['no iat', { claims: { iat: undefined } }, 'CREDENTIAL_REFUSED', 'rfc7519-4.1.6-iat'],
  ['exp in milliseconds', { claims: { exp: noon + 1_000 } }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['an end that has passed', { claims: { iat: at - 120, exp: at - 60 } }, 'EXPIRED', 'rfc7519-4.1.4-exp'],
  ['an hour of life', { claims: { exp: at + 3_600 } }, 'CREDENTIAL_REFUSED', 'jwt-lifetime'],
  ['another service', { claims: { aud: 'https://billing.example.org' } }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  [
    'two services',
    { claims: { aud: ['https://orders.example.org', 'https://evil.example'] } },
    'AUDIENCE_REFUSED',
    'rfc7519-4.1.3-aud-single',
  ],
  ['an unknown binding', { claims: { cnf: { kid: 'x' } } }, 'CREDENTIAL_REFUSED', 'rfc7800-3.1-cnf-member'],
]

describe.each(rows)('refused: %s', (_, changes, code, clause) => {
  test(`${code} ${clause}`, () => refusesOnly(verify, hmacToken(), hmacToken(changes), { code, clause }))
})

describe('a MAC is no signature, and a signature is no MAC', () => {
  const publicTexts = [
    ['PEM', issuerKey.verification.key.export({ type: 'spki', format: 'pem' }).toString()],
    ['DER', issuerKey.verification.key.export({ type: 'spki', format: 'der' })],
    ['JWK', JSON.stringify(issuerKey.verification.key.export({ format: 'jwk' }))],
    ['PEM with a blank before it', ` ${issuerKey.verification.key.export({ type: 'spki', format: 'pem' }).toString()}`],
  ] as const

  test.each(publicTexts)('the public key of an issuer as the secret: %s', async (_, secret) => {
    for (const claims of [{ iss: oauthIssuer, client_id: 'checkout' }, {}]) {
      for (const kid of [issuerKey.jwk.kid, 'checkout-mac']) {
        const token = hmacToken({ secret, claims, header: { kid, typ: claims.iss ? 'at+jwt' : 'hmac+jwt' } })
        expect(await verify(token)).toMatchObject({ ok: false })
      }
    }
  })

  test.each(['HS256', 'hs256', 'HS512', 'none', 'None'])('an access token by %s', async (alg) => {
    const [, payload] = accessToken().split('.')
    const head = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: issuerKey.jwk.kid })).toString('base64url')
    const mac = createHmac('sha256', 'x').update(`${head}.${payload}`).digest('base64url')
    await refusesOnly(verify, accessToken(), `${head}.${payload}.${mac}`, {
      code: 'CREDENTIAL_MALFORMED',
      clause: 'rfc8725-3.1-alg-accepted',
    })
  })

  test('a signed token in the name of our own issuer has no verifier', async () => {
    const claims = {
      iss: registryIssuer,
      sub: 'checkout',
      aud: 'https://orders.example.org',
      iat: at,
      exp: at + 60,
      jti: 'a',
    }
    for (const key of [issuerKey, svidKey, clientKey]) {
      const token = signJwt(key, { alg: 'ES256', typ: 'hmac+jwt', kid: 'checkout-mac' }, claims)
      expect(await verify(token)).toMatchObject({ ok: false, code: 'ISSUER_UNKNOWN' })
    }
  })

  test('no verifier of signatures takes one', async () => {
    const { verifiers, open } = firstGateParts()
    const opened = open({ form: 'jwt', scheme: 'bearer', text: hmacToken() })
    if (!opened.ok) throw new Error(opened.clause)
    expect(createSelect(verifiers)(opened.value)).toMatchObject({ ok: true, value: { method: 'hmac-token' } })
    expect(opened.value.form).toBe('mac')
    expect(open({ form: 'jwt', scheme: 'bearer', text: svid() })).toMatchObject({ value: { form: 'jwt' } })
  })
})

test('an unknown key and a wrong MAC are told alike', async () => {
  const unknown = await verify(hmacToken({ header: { kid: 'nobody' } }))
  expect(await verify(hmacToken({ secret: Buffer.alloc(32) }))).toEqual(unknown)
})
