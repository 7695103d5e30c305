import { describe, expect, test } from 'vitest'
import type { Code } from '../../../pdp/core/codes.ts'
import type { Pep } from '../../../pdp/core/service.ts'
import { seconds } from '../../../pdp/core/time.ts'
import {
  createPasswords,
  hashPassword,
  passwordBytes,
  passwordCost,
  type Passwords,
} from '../../../pdp/identity/registry/password-hash.ts'
import type { WrittenClient } from '../../../pdp/identity/registry/read-entries.ts'
import { createClientSecretVerifier } from '../../../pdp/identity/verifiers/client-secret.ts'
import {
  basic,
  clientSecret,
  madeClientSecret,
  peppers,
  registeredTimes,
  registryIssuer,
  registryOf,
  secretForm,
  writtenClient,
} from '../../support/clients.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { refusesOnly } from '../../support/twin.ts'
import { type AskParts, createAsk, gateway } from '../../support/world.ts'

type Clients = Readonly<Record<string, WrittenClient>>
type Attempt = (account: string, source: string) => boolean

const known: Clients = { checkout: writtenClient([clientSecret.written]) }
const gateOf = (clients: Clients, more: { passwords?: Passwords; attempt?: Attempt } = {}) => {
  const verifier = createClientSecretVerifier({
    issuer: registryIssuer,
    registry: registryOf(clients),
    peppers,
    knownFor: seconds(30),
    ...more,
  })
  return (parts: AskParts) =>
    createFirstGate({ verifiers: [verifier], links: [] })(createAsk({ pep: seeing, ...parts }))
}
const seeing: Pep = { ...gateway, vouch: { peerCertificate: false, sourceAddress: true } }
const byBasic = (text: string): AskParts => ({ headers: { authorization: `Basic ${text}` } })
const byForm = (text: string): AskParts => ({ credentials: [{ type: 'client-secret', token: text }] })
const { secret } = clientSecret
const pair = (text: string) => byBasic(Buffer.from(text).toString('base64'))

test.each([
  ['by Basic', byBasic(basic('checkout', secret))],
  ['as a form', byForm(secretForm('checkout', secret))],
  ['as a form in another order', byForm(`client_secret=${secret}&client_id=checkout`)],
  ['with the scheme in capitals', { headers: { authorization: `BASIC ${basic('checkout', secret)}` } }],
])('a client proves itself by its secret: %s', async (_, parts) => {
  expect(await gateOf(known)(parts)).toMatchObject({
    ok: true,
    value: { subject: { id: `${registryIssuer}#checkout`, methods: ['client-secret'], assurance: { level: 0 } } },
  })
})

type Row = readonly [name: string, ask: AskParts, code: Code, clause: string]

const rows: readonly Row[] = [
  ['a wrong secret', byBasic(basic('checkout', 'another')), 'CREDENTIAL_REFUSED', 'client-secret-secret'],
  ['an unknown client', byBasic(basic('nobody', secret)), 'CREDENTIAL_REFUSED', 'client-secret-secret'],
  ['the id in capitals', byBasic(basic('CHECKOUT', secret)), 'CREDENTIAL_REFUSED', 'client-secret-secret'],
  [
    'a prefix of the secret',
    byBasic(basic('checkout', secret.slice(0, -1))),
    'CREDENTIAL_REFUSED',
    'client-secret-secret',
  ],
  [
    'a secret with more after it',
    byBasic(basic('checkout', `${secret}0`)),
    'CREDENTIAL_REFUSED',
    'client-secret-secret',
  ],
  [
    'base64 without padding',
    byBasic(basic('checkout', `${secret}`).replace(/=*$/, '').concat('A')),
    'CREDENTIAL_MALFORMED',
    'rfc7617-2-base64',
  ],
  ['the alphabet of base64url', byBasic('__8_Og=='), 'CREDENTIAL_MALFORMED', 'rfc7617-2-base64'],
  ['no colon', pair('checkout'), 'CREDENTIAL_MALFORMED', 'rfc7617-2-user-pass'],
  ['no id', pair(`:${secret}`), 'CREDENTIAL_MALFORMED', 'rfc7617-2-user-pass'],
  ['no secret', pair('checkout:'), 'CREDENTIAL_MALFORMED', 'rfc6749-2.3.1-form-encoded'],
  ['a percent sign alone', pair('checkout:100%'), 'CREDENTIAL_MALFORMED', 'rfc6749-2.3.1-form-encoded'],
  ['bytes that are no UTF-8', pair('checkout:%ff'), 'CREDENTIAL_MALFORMED', 'rfc6749-2.3.1-form-encoded'],
  ['a second colon', pair(`checkout:${secret}:x`), 'CREDENTIAL_MALFORMED', 'rfc6749-2.3.1-form-encoded'],
  ['a line end', pair(`checkout:${secret}\n`), 'CREDENTIAL_MALFORMED', 'rfc6749-2.3.1-form-encoded'],
  [
    'a form with the secret twice',
    byForm(`${secretForm('checkout', secret)}&client_secret=x`),
    'CREDENTIAL_MALFORMED',
    'rfc6749-3.2-parameter-once',
  ],
  ['a form without an id', byForm(`client_secret=${secret}`), 'CREDENTIAL_MALFORMED', 'rfc6749-2.3.1-request-body'],
  ['a form that is JSON', byForm('{"client_id":"checkout"}'), 'CREDENTIAL_MALFORMED', 'rfc6749-2.3.1-request-body'],
  [
    'a secret and an assertion',
    byForm(`${secretForm('checkout', secret)}&client_assertion=x`),
    'CREDENTIAL_AMBIGUOUS',
    'rfc6749-2.3-one-method',
  ],
  [
    'Basic and a form',
    { ...byBasic(basic('checkout', secret)), ...byForm(secretForm('checkout', secret)) },
    'CREDENTIAL_AMBIGUOUS',
    'rfc6749-2.3.1-basic-or-body',
  ],
  [
    'two of Basic',
    { headers: { authorization: [`Basic ${basic('checkout', secret)}`, `Basic ${basic('checkout', secret)}`] } },
    'CREDENTIAL_AMBIGUOUS',
    'rfc9110-11.6.2-one-authorization',
  ],
  [
    'a secret in the URL',
    { ...byBasic(basic('checkout', secret)), url: 'https://orders.example.org/v1?client_secret=x' },
    'CREDENTIAL_REFUSED',
    'rfc6749-2.3.1-not-in-uri',
  ],
  ['5 KiB', byBasic(basic('checkout', 'x'.repeat(5_000))), 'CREDENTIAL_MALFORMED', 'client-secret-size'],
]

describe.each(rows)('refused: %s', (_, ask, code, clause) => {
  test(`${code} ${clause}`, () => refusesOnly(gateOf(known), byBasic(basic('checkout', secret)), ask, { code, clause }))
})

test('id and secret may hold what must be encoded', async () => {
  const odd = madeClientSecret('a b&c=d%e:f')
  const gate = gateOf({ 'a b&c=d%e:f': writtenClient([odd.written]) })
  expect(await gate(byBasic(basic('a b&c=d%e:f', odd.secret)))).toMatchObject({ ok: true })
  expect(await gate(byForm(secretForm('a b&c=d%e:f', odd.secret)))).toMatchObject({ ok: true })
})

test('two versions serve while one is replaced; a revoked one does not', async () => {
  const second = madeClientSecret('second')
  const revoked = madeClientSecret('revoked', { status: 'revoked' })
  const gate = gateOf({ checkout: writtenClient([revoked.written, clientSecret.written, second.written]) })
  for (const { secret } of [clientSecret, second]) {
    expect(await gate(byBasic(basic('checkout', secret)))).toMatchObject({ ok: true })
  }
  expect(await gate(byBasic(basic('checkout', revoked.secret)))).toMatchObject({
    ok: false,
    code: 'CREDENTIAL_REFUSED',
  })
})

describe('a secret that a person chose', async () => {
  const cheap = { ...passwordCost, cost: 2 ** 14 }
  const salt = Buffer.alloc(passwordBytes.salt, 'salt')
  const hash = await hashPassword('correct horse', { ...cheap, salt })
  const written = {
    method: 'client-secret' as const,
    id: 'person.1',
    ...registeredTimes,
    digest: ['scrypt', 14, 8, 1, salt.toString('base64url'), hash.toString('base64url')].join(':'),
  }
  const people: Clients = { person: writtenClient([written]), checkout: writtenClient([clientSecret.written]) }
  const counted = () => {
    const real = createPasswords()
    let done = 0
    const passwords: Passwords = {
      matches(secret, given) {
        done++
        return real.matches(secret, given && { ...given })
      },
    }
    return { passwords, hashes: () => done }
  }

  test('is taken where the configuration says so, and hashed once while it is right', async () => {
    const { passwords, hashes } = counted()
    const gate = gateOf(people, { passwords })
    const ask = byBasic(basic('person', 'correct horse'))
    expect(await gate(ask)).toMatchObject({ ok: true })
    expect(await gate(ask)).toMatchObject({ ok: true })
    expect(hashes()).toBe(1)
    expect(await gateOf(people)(ask)).toMatchObject({ ok: false, code: 'CREDENTIAL_REFUSED' })
  })

  test('a wrong one costs the same two hashes, whoever is named', async () => {
    for (const name of ['person', 'checkout', 'nobody']) {
      const { passwords, hashes } = counted()
      const answer = await gateOf(people, { passwords })(byBasic(basic(name, 'wrong')))
      expect(answer).toMatchObject({ ok: false, code: 'CREDENTIAL_REFUSED', clause: 'client-secret-secret' })
      expect(hashes(), name).toBe(2)
    }
  })

  test('attempts are taken by account and source, and only where there is work to do', async () => {
    const { passwords } = counted()
    const asked: string[] = []
    const attempt: Attempt = (account, source) => {
      asked.push(`${account} ${source}`)
      return asked.length < 3
    }
    const gate = gateOf(people, { passwords, attempt })
    const right = { ...byBasic(basic('person', 'correct horse')), sourceAddress: Uint8Array.of(10, 0, 0, 1) }
    const wrong = { ...byBasic(basic('person', 'wrong')), sourceAddress: Uint8Array.of(192, 0, 2, 1) }
    expect(await gate(right)).toMatchObject({ ok: true })
    expect(await gate(wrong)).toMatchObject({ code: 'CREDENTIAL_REFUSED' })
    expect(await gate(wrong)).toMatchObject({ code: 'SUBJECT_RATE_LIMITED', clause: 'client-secret-attempts' })
    expect(await gate(right), 'its owner goes on').toMatchObject({ ok: true })
    expect(asked).toEqual(['person 0a000001', 'person c0000201', 'person c0000201'])
  })

  test('more than can be hashed at once are refused, and none is let in', async () => {
    const gate = gateOf(people, { passwords: createPasswords({ atOnce: 1, waiting: 1 }) })
    const asks = Array.from({ length: 4 }, (_, i) => gate(byBasic(basic('person', `wrong ${i}`))))
    const codes = new Set((await Promise.all(asks)).map((answer) => (answer.ok ? 'ALLOWED' : answer.code)))
    expect([...codes].sort()).toEqual(['CREDENTIAL_REFUSED', 'OVERLOADED'])
  })
})
