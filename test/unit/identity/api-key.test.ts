import { describe, expect, test } from 'vitest'
import type { Code } from '../../../pdp/core/codes.ts'
import { limitKeys } from '../../../pdp/compose/limit-keys.ts'
import { readIpAddress } from '../../../pdp/core/ip-address.ts'
import { createTokenBuckets } from '../../../pdp/core/token-buckets.ts'
import type { Pep } from '../../../pdp/core/service.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { newKeySecret, readApiKey, writeApiKey } from '../../../pdp/identity/registry/api-key-text.ts'
import type { WrittenClient } from '../../../pdp/identity/registry/read-entries.ts'
import { createApiKeyVerifier } from '../../../pdp/identity/verifiers/api-key.ts'
import type { Registry } from '../../../pdp/seams.ts'
import { noon } from '../../support/clock.ts'
import { apiKey, madeApiKey, peppers, registryIssuer, registryOf, writtenClient } from '../../support/clients.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { refusesOnly } from '../../support/twin.ts'
import { type AskParts, billing, createAsk, gateway, orders } from '../../support/world.ts'

const settings = { issuer: registryIssuer, prefix: 'sp', environment: 'prod', peppers, knownFor: seconds(30) }

/** A gate that knows these clients by their API keys. */
const gateOf = (clients: Readonly<Record<string, WrittenClient>>, more: Partial<typeof settings> = {}) => {
  const verifier = createApiKeyVerifier({ ...settings, ...more, registry: registryOf(clients) })
  return (parts: AskParts) => createFirstGate({ verifiers: [verifier], links: [] })(createAsk(parts))
}
const known = { checkout: writtenClient([apiKey.written]) }
const withKey = (text = apiKey.text, more: AskParts = {}): AskParts => ({
  headers: { 'x-api-key': text },
  pep: seeing,
  ...more,
})
/** An enforcement point that vouches for the addresses of its callers. */
const seeing: Pep = { ...gateway, vouch: { peerCertificate: false, sourceAddress: true } }

test('an API key proves its client, at the lowest level of assurance', async () => {
  expect(await gateOf(known)(withKey())).toMatchObject({
    ok: true,
    value: {
      subject: {
        id: `${registryIssuer}#checkout`,
        methods: ['api-key'],
        assurance: { level: 0, possession: 'none', audience_bound: true, single_use: false, attested: false },
      },
      attested: { environment: 'production' },
      attestedSources: { environment: 'registry' },
      verified: [{ claims: { client_id: 'checkout', key_id: apiKey.id, scope: 'orders:read' } }],
      expiresAt: noon + 30_000, // for so long an answer may be reused: the registration can end at any time
    },
  })
})

const client = (more: Partial<WrittenClient>): Readonly<Record<string, WrittenClient>> => ({
  checkout: writtenClient([apiKey.written], more),
})
const key = (more: object): Readonly<Record<string, WrittenClient>> => ({
  checkout: writtenClient([{ ...apiKey.written, ...more }]),
})

type Row = readonly [
  name: string,
  clients: Readonly<Record<string, WrittenClient>>,
  ask: AskParts,
  code: Code,
  clause: string,
]

const stranger = madeApiKey('stranger')
const swapped = (index: number): string => {
  const last = apiKey.text.at(index)
  return `${apiKey.text.slice(0, index)}${last === 'a' ? 'b' : 'a'}${apiKey.text.slice(index + 1 || apiKey.text.length)}`
}
const wrongSecret = writeApiKey({ ...apiKeyParts(), secret: newKeySecret(Buffer.alloc(32, 'another')) })
function apiKeyParts() {
  const parts = readApiKey(apiKey.text)
  if (!parts) throw new Error('the key of the test is none')
  return parts
}
const from = (address: string) => readIpAddress(address) ?? new Uint8Array()

const rows: readonly Row[] = [
  ['a wrong secret', known, withKey(wrongSecret), 'CREDENTIAL_REFUSED', 'api-key-secret'],
  ['an unknown id', known, withKey(stranger.text), 'CREDENTIAL_REFUSED', 'api-key-secret'],
  ['a mistyped digit of the secret', known, withKey(swapped(-10)), 'CREDENTIAL_MALFORMED', 'api-key-form'],
  ['a mistyped digit of the checksum', known, withKey(swapped(-2)), 'CREDENTIAL_MALFORMED', 'api-key-form'],
  ['a key cut short', known, withKey(apiKey.text.slice(0, -1)), 'CREDENTIAL_MALFORMED', 'api-key-form'],
  ['a key with more after it', known, withKey(`${apiKey.text}0`), 'CREDENTIAL_MALFORMED', 'api-key-form'],
  [
    'a key of another environment',
    known,
    withKey(writeApiKey({ ...apiKeyParts(), environment: 'test' })),
    'CREDENTIAL_UNSUPPORTED',
    'select-key',
  ],
  ['a disabled client', client({ status: 'disabled' }), withKey(), 'REVOKED', 'client-active'],
  ['a revoked key', key({ status: 'revoked' }), withKey(), 'REVOKED', 'client-key-active'],
  ['a key not good yet', key({ not_before: '2026-03-03' }), withKey(), 'NOT_YET_VALID', 'client-key-not-before'],
  ['a key that ended', key({ expires_at: '2026-03-02T12:00:00Z' }), withKey(), 'EXPIRED', 'client-key-expires'],
  ['a client that ended', client({ expires_at: '2026-03-02' }), withKey(), 'EXPIRED', 'client-key-expires'],
  ['another service', client({ services: ['billing'] }), withKey(), 'AUDIENCE_REFUSED', 'client-service'],
  [
    'an address nobody vouches for',
    client({ ranges: ['10.0.0.0/8'] }),
    withKey(),
    'CREDENTIAL_REFUSED',
    'client-source-known',
  ],
  [
    'an address out of range',
    client({ ranges: ['10.0.0.0/8'] }),
    withKey(apiKey.text, { sourceAddress: from('192.0.2.1') }),
    'CREDENTIAL_REFUSED',
    'client-source-range',
  ],
  [
    'a key in the URL too',
    known,
    withKey(apiKey.text, { url: `https://orders.example.org/v1/orders/42?key=${apiKey.text}` }),
    'CREDENTIAL_REFUSED',
    'api-key-not-in-url',
  ],
  [
    'two keys',
    known,
    { headers: { 'x-api-key': [apiKey.text, apiKey.text] } },
    'CREDENTIAL_AMBIGUOUS',
    'evidence-one-value-per-slot',
  ],
]

describe.each(rows)('refused: %s', (_, clients, ask, code, clause) => {
  test(`${code} ${clause}`, () =>
    refusesOnly(
      ([registered, parts]: readonly [Readonly<Record<string, WrittenClient>>, AskParts]) => gateOf(registered)(parts),
      [known, withKey()],
      [clients, ask],
      { code, clause },
    ))
})

test('a client may call from its ranges, as the enforcement point saw it', async () => {
  const gate = gateOf(client({ ranges: ['10.0.0.0/8', '2001:db8::/32'] }))
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::7']) {
    expect(await gate(withKey(apiKey.text, { sourceAddress: from(address) }))).toMatchObject({ ok: true })
  }
})

test('what an enforcement point says of addresses counts only where it may vouch for them', async () => {
  const gate = gateOf(client({ ranges: ['10.0.0.0/8'] }))
  const ask = withKey(apiKey.text, { sourceAddress: from('10.1.2.3') })
  await refusesOnly(gate, ask, { ...ask, pep: gateway }, { code: 'CREDENTIAL_REFUSED', clause: 'client-source-known' })
})

test('two keys serve at once while one is replaced, and a key is good under the secret of ours before this one', async () => {
  const second = madeApiKey('second')
  const gate = gateOf(
    { checkout: writtenClient([apiKey.written, second.written]) },
    { peppers: [Buffer.alloc(32, 'a new one'), ...peppers] },
  )
  for (const { text } of [apiKey, second]) expect(await gate(withKey(text))).toMatchObject({ ok: true })
})

test('a ceiling caps what a client reaches, and a key for two services counts as less', async () => {
  const two = await gateOf(client({ services: ['orders', 'billing'] }))(withKey())
  expect(two).toMatchObject({ ok: true, value: { subject: { assurance: { audience_bound: false, level: 0 } } } })
})

test('what a wrong secret is told does not say whether there is such a key', async () => {
  const [wrong, unknown] = [await gateOf(known)(withKey(wrongSecret)), await gateOf(known)(withKey(stranger.text))]
  expect(wrong).toEqual(unknown)
})

test('a digest is good for no other key', async () => {
  const moved = writtenClient([{ ...stranger.written, digest: apiKey.written.digest ?? '' }])
  const text = writeApiKey({ ...apiKeyParts(), id: stranger.id })
  expect(await gateOf({ moved })(withKey(text))).toMatchObject({ ok: false, clause: 'api-key-secret' })
})

test('a registry that answers with the key of another is a fault', async () => {
  const snapshot = registryOf({ checkout: writtenClient([stranger.written]) })
  const registry: Registry = {
    ...snapshot,
    find: async (_, frame) => snapshot.find({ method: 'api-key', key: stranger.id }, frame),
  }
  const verifier = createApiKeyVerifier({ ...settings, registry })
  const gate = createFirstGate({ verifiers: [verifier], links: [] })
  expect(await gate(createAsk(withKey()))).toMatchObject({
    ok: false,
    code: 'INTERNAL',
    clause: 'registry-answer-sound',
  })
})

test('one service of several, and no other', async () => {
  const gate = createFirstGate()
  expect(await gate(createAsk({ ...withKey(), service: orders }))).toMatchObject({ ok: true })
  expect(await gate(createAsk({ ...withKey(), service: billing }))).toMatchObject({
    ok: false,
    code: 'AUDIENCE_REFUSED',
  })
})

test('each key has a rate of its own, counted once it was proved', async () => {
  const second = madeApiKey('second')
  const clients = { checkout: writtenClient([apiKey.written, second.written]) }
  const buckets = createTokenBuckets({ perSecond: 1, burst: 1 }, () => 0)
  const verifier = limitKeys(createApiKeyVerifier({ ...settings, registry: registryOf(clients) }), buckets)
  const gate = createFirstGate({ verifiers: [verifier], links: [] })
  expect(await gate(createAsk(withKey(wrongSecret)))).toMatchObject({ code: 'CREDENTIAL_REFUSED' })
  expect(await gate(createAsk(withKey()))).toMatchObject({ ok: true })
  expect(await gate(createAsk(withKey()))).toMatchObject({ code: 'SUBJECT_RATE_LIMITED', clause: 'client-key-rate' })
  expect(await gate(createAsk(withKey(second.text)))).toMatchObject({ ok: true })
})

test('a minimum level of assurance keeps keys out', async () => {
  const gate = createFirstGate()
  const demanding = { ...orders, minimumAssurance: 1 as const }
  expect(await gate(createAsk({ ...withKey(), service: orders }))).toMatchObject({ ok: true })
  expect(await gate(createAsk({ ...withKey(), service: demanding }))).toMatchObject({ code: 'ASSURANCE_REQUIRED' })
})

test('a registry that is not loaded refuses', async () => {
  const refusal = { ok: false, code: 'TRUST_UNAVAILABLE', clause: 'x', detail: '' } as never
  const registry: Registry = { asOf: () => noon, find: async () => refusal }
  const gate = createFirstGate({ verifiers: [createApiKeyVerifier({ ...settings, registry })], links: [] })
  expect(await gate(createAsk(withKey()))).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE' })
})
