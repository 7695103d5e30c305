import { createHash, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Code } from '../../../pdp/core/codes.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { createKeyPairJwtVerifier } from '../../../pdp/identity/verifiers/key-pair-jwt.ts'
import { keyPairClients, keyPairName, keyPairs, keyPairToken, signAsSnowflakeDriver } from '../../support/key-pairs.ts'
import { registryIssuer, registryOf } from '../../support/clients.ts'
import { noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { refusesOnly } from '../../support/twin.ts'
import { bearer, type Changes, createAsk } from '../../support/world.ts'

const at = noon / 1_000
const ask = (token: string) => createAsk({ headers: bearer(token) })
const gateOf = (maxLifetime = 300, clients = keyPairClients) =>
  createFirstGate({
    verifiers: [
      createKeyPairJwtVerifier({
        issuer: registryIssuer,
        registry: registryOf(clients),
        maxLifetime: seconds(maxLifetime),
        skew: seconds(30),
      }),
    ],
    links: [],
  })
const token = (claims: Changes = {}, header: Changes = {}) => keyPairToken(keyPairs.first, { claims, header })
const issuerOf = (name: string, fingerprint = keyPairs.first.fingerprint) => `${name}.SHA256:${fingerprint}`

test('a token proves the client whose key signed it', async () => {
  expect(await gateOf()(ask(token()))).toMatchObject({
    ok: true,
    value: {
      subject: {
        id: `${registryIssuer}#checkout`,
        methods: ['key-pair-jwt'],
        assurance: { level: 2, possession: 'none', single_use: true, audience_bound: true, lifetime_s: 60 },
      },
      attested: { environment: 'production' },
      verified: [{ claims: { client_id: 'checkout', key_id: 'checkout-1', sub: keyPairName } }],
    },
  })
})

test('two slots: either key signs, and neither for the fingerprint of the other', async () => {
  for (const pair of [keyPairs.first, keyPairs.second]) {
    expect(await gateOf()(ask(keyPairToken(pair)))).toMatchObject({ ok: true })
  }
  const claims = { iss: issuerOf(keyPairName, keyPairs.second.fingerprint) }
  await refusesOnly(gateOf(), ask(token()), ask(token(claims)), {
    code: 'SIGNATURE_INVALID',
    clause: 'registered-key-signature',
  })
})

describe('the unit of time is registered with the key', () => {
  const inMs = { iat: noon, exp: noon + 60_000 }
  test("the token of Snowflake's driver for Node, which counts milliseconds, under its key setting alone", async () => {
    const driver = signAsSnowflakeDriver(keyPairs.inMilliseconds)
    await refusesOnly(gateOf(), ask(driver), ask(signAsSnowflakeDriver(keyPairs.first)), {
      code: 'CREDENTIAL_MALFORMED',
      clause: 'rfc7519-2-numeric-date',
    })
  })
  test.each([
    ['seconds', {}],
    ['the end in seconds', { iat: noon, exp: at + 60 }],
    ['the issue in seconds', { iat: at, exp: noon + 60_000 }],
    ['texts', { iat: String(noon), exp: String(noon + 60_000) }],
  ])('%s where milliseconds are registered', (_name, claims) =>
    refusesOnly(
      gateOf(),
      ask(keyPairToken(keyPairs.inMilliseconds, { claims: inMs })),
      ask(keyPairToken(keyPairs.inMilliseconds, { claims })),
      { code: 'CREDENTIAL_REFUSED', clause: 'key-pair-jwt-time-unit' },
    ),
  )
  test('milliseconds that ended', () =>
    refusesOnly(
      gateOf(),
      ask(keyPairToken(keyPairs.inMilliseconds, { claims: inMs })),
      ask(keyPairToken(keyPairs.inMilliseconds, { claims: { iat: noon - 120_000, exp: noon - 60_000 } })),
      { code: 'EXPIRED', clause: 'rfc7519-4.1.4-exp' },
    ))
})

type Row = readonly [name: string, claims: Changes, code: Code, clause: string]

const rows: readonly Row[] = [
  ['exp absent', { exp: undefined }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['exp null', { exp: null }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['exp as text', { exp: String(at + 60) }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['exp negative', { exp: -1 }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['exp in the past', { iat: at - 120, exp: at - 60 }, 'EXPIRED', 'rfc7519-4.1.4-exp'],
  ['iat absent', { iat: undefined }, 'CREDENTIAL_MALFORMED', 'rfc7519-2-numeric-date'],
  ['iat ahead', { iat: at + 60, exp: at + 120 }, 'NOT_YET_VALID', 'rfc7519-4.1.6-iat'],
  ['good for more than five minutes', { exp: at + 301 }, 'CREDENTIAL_REFUSED', 'jwt-lifetime'],
  ['a claim more', { jti: 'a' }, 'CREDENTIAL_REFUSED', 'key-pair-jwt-claims'],
  ['a scope', { scope: 'admin' }, 'CREDENTIAL_REFUSED', 'key-pair-jwt-claims'],
  ['sub of another user', { sub: 'PAYMENTS.ADMIN' }, 'CREDENTIAL_REFUSED', 'key-pair-jwt-subject'],
  ['sub with the fingerprint', { sub: issuerOf(keyPairName) }, 'CREDENTIAL_REFUSED', 'key-pair-jwt-subject'],
  ['sub absent', { sub: undefined }, 'CREDENTIAL_REFUSED', 'key-pair-jwt-subject'],
  [
    'a name in lower case',
    { iss: issuerOf('payments.checkout'), sub: 'payments.checkout' },
    'CREDENTIAL_REFUSED',
    'key-pair-jwt-issuer',
  ],
  [
    'a name without an account',
    { iss: issuerOf('CHECKOUT'), sub: 'CHECKOUT' },
    'CREDENTIAL_REFUSED',
    'key-pair-jwt-issuer',
  ],
  [
    'a fingerprint in base64url',
    { iss: issuerOf(keyPairName, Buffer.alloc(32, 0xfb).toString('base64url')) },
    'CREDENTIAL_REFUSED',
    'key-pair-jwt-issuer',
  ],
  [
    'a fingerprint with bits behind its end',
    { iss: issuerOf(keyPairName, `${'A'.repeat(42)}B=`) },
    'CREDENTIAL_REFUSED',
    'key-pair-jwt-issuer',
  ],
  [
    'a fingerprint that is cut',
    { iss: issuerOf(keyPairName).slice(0, -4) },
    'CREDENTIAL_REFUSED',
    'key-pair-jwt-issuer',
  ],
  [
    'the fingerprint twice',
    { iss: `${issuerOf(keyPairName)}.SHA256:${keyPairs.first.fingerprint}` },
    'CREDENTIAL_REFUSED',
    'key-pair-jwt-issuer',
  ],
  [
    'a fingerprint that nobody has',
    { iss: issuerOf(keyPairName, Buffer.alloc(32).toString('base64')) },
    'SIGNATURE_INVALID',
    'registered-key-signature',
  ],
  [
    'attacker-chosen key source: the name of another client',
    { iss: issuerOf('PAYMENTS.DRIVER'), sub: 'PAYMENTS.DRIVER' },
    'SIGNATURE_INVALID',
    'registered-key-signature',
  ],
  [
    'a name that is not registered',
    { iss: issuerOf('PAYMENTS.NOBODY'), sub: 'PAYMENTS.NOBODY' },
    'SIGNATURE_INVALID',
    'registered-key-signature',
  ],
  ['audience of another service', { aud: 'https://billing.example.org' }, 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  [
    'audience confusion: ours and another',
    { aud: ['https://orders.example.org', 'https://evil.example'] },
    'AUDIENCE_REFUSED',
    'rfc7519-4.1.3-aud-single',
  ],
]

describe('refused', () => {
  test.each(rows)('%s', (_name, claims, code, clause) =>
    refusesOnly(gateOf(), ask(token()), ask(token(claims)), { code, clause }),
  )
  test.each([
    ['PS256', { alg: 'PS256' }, 'key-pair-jwt-rs256', 'CREDENTIAL_REFUSED'],
    ['RS512', { alg: 'RS512' }, 'key-pair-jwt-rs256', 'CREDENTIAL_REFUSED'],
    ['alg none', { alg: 'none' }, 'rfc8725-3.1-alg-accepted', 'CREDENTIAL_MALFORMED'],
    ['HS256 with the public key', { alg: 'HS256' }, 'rfc8725-3.1-alg-accepted', 'CREDENTIAL_MALFORMED'],
    ['typ of an access token', { typ: 'at+jwt' }, 'rfc8725-3.11-typ', 'CREDENTIAL_REFUSED'],
    ['jku', { jku: 'https://evil.example' }, 'rfc7515-4.1.2-jku', 'CREDENTIAL_MALFORMED'],
    ['x5c', { x5c: ['a'] }, 'rfc7515-4.1.6-x5c', 'CREDENTIAL_MALFORMED'],
  ] as const)('header: %s', (_name, header, clause, code) =>
    refusesOnly(gateOf(), ask(token()), ask(token({}, header)), { code, clause }),
  )
  test('a signature by another key', () => {
    const [header, claims] = token().split('.')
    const forged = sign('sha256', Buffer.from(`${header}.${claims}`), keyPairs.second.privateKey).toString('base64url')
    return refusesOnly(gateOf(), ask(token()), ask(`${header}.${claims}.${forged}`), {
      code: 'SIGNATURE_INVALID',
      clause: 'registered-key-signature',
    })
  })
  test('where no verifier takes such tokens', () =>
    refusesOnly(
      (gate: ReturnType<typeof createFirstGate>) => gate(ask(token())),
      gateOf(),
      createFirstGate({ verifiers: [], links: [] }),
      { code: 'CREDENTIAL_UNSUPPORTED', clause: 'select-key-fingerprint' },
    ))
  test('replay: once each', () => {
    const gate = gateOf()
    const same = ask(token())
    return refusesOnly(gate, same, same, { code: 'REPLAYED', clause: 'first-use' })
  })
  test('a key of a client for another service', () =>
    refusesOnly(
      (services: readonly string[]) => {
        const { checkout } = keyPairClients
        if (!checkout) throw new Error('is registered')
        return gateOf(300, { checkout: { ...checkout, services } })(ask(token()))
      },
      ['orders'],
      ['billing'],
      { code: 'AUDIENCE_REFUSED', clause: 'client-service' },
    ))
})

test('with an audience it is for this service alone, whatever its client is registered for', async () => {
  const { checkout } = keyPairClients
  if (!checkout) throw new Error('is registered')
  const gate = gateOf(300, { checkout: { ...checkout, services: ['orders', 'billing'] } })
  expect(await gate(ask(token()))).toMatchObject({
    value: { subject: { assurance: { level: 1, audience_bound: false } } },
  })
  expect(await gate(ask(token({ aud: 'https://orders.example.org' })))).toMatchObject({
    value: { subject: { assurance: { level: 2, audience_bound: true } } },
  })
})

test('max_lifetime_s: an hour, for drivers that ask for it', () =>
  refusesOnly((lifetime: number) => gateOf(lifetime)(ask(token({ exp: at + 3_600 }))), 3_600, 300, {
    code: 'CREDENTIAL_REFUSED',
    clause: 'jwt-lifetime',
  }))

test('the fingerprint is that of the SubjectPublicKeyInfo, as `openssl dgst -sha256 -binary | base64` prints it', () => {
  const pem = keyPairs.first.written.public_key ?? ''
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  expect(createHash('sha256').update(der).digest('base64')).toBe(keyPairs.first.fingerprint)
})
