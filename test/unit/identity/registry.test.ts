import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readClientsDocument } from '../../../pdp/config/clients-document.ts'
import { isInRange, readIpAddress, readIpRange } from '../../../pdp/core/ip-address.ts'
import { readRfc3339 } from '../../../pdp/core/time.ts'
import { changesBetween } from '../../../pdp/identity/registry/changes.ts'
import { readEntries, type WrittenClient } from '../../../pdp/identity/registry/read-entries.ts'
import { openSealedSecret, sealNonceBytes, sealSecret } from '../../../pdp/identity/registry/sealed-secret.ts'
import { takeRegistrySnapshot } from '../../../pdp/identity/registry/snapshot.ts'
import { apiKey, madeApiKey, registeredTimes, seals, snapshotOf, writtenClient } from '../../support/clients.ts'

const of = { method: 'hmac-token', id: 'k1' } as const
const [sealKey] = seals
const nonce = Buffer.alloc(sealNonceBytes, 7)

describe('a sealed secret', () => {
  const sealed = sealSecret(sealKey, of, Buffer.from('the secret'), nonce)

  test('opens as the secret of its credential, under any of our keys', () => {
    expect(openSealedSecret(seals, of, sealed)?.toString()).toBe('the secret')
    expect(openSealedSecret([Buffer.alloc(32), sealKey], of, sealed)?.toString()).toBe('the secret')
  })

  test.each([
    ['for another credential', { ...of, id: 'k2' }, sealed],
    ['for another method', { ...of, method: 'aws-sigv4' }, sealed],
    ['cut short', of, sealed.slice(0, -4)],
    ['with a byte changed', of, `${sealed.slice(0, -1)}${sealed.endsWith('A') ? 'B' : 'A'}`],
    ['empty', of, 'aes-256-gcm:'],
    ['in plain text', of, 'the secret'],
  ] as const)('does not open %s', (_, as, text) => {
    expect(openSealedSecret(seals, as, text)).toBeUndefined()
  })

  test('does not open under another key', () => {
    expect(openSealedSecret([Buffer.alloc(32)], of, sealed)).toBeUndefined()
  })
})

const pem = (type: 'ed25519' | 'rsa', bits = 2048): string => {
  const { publicKey } = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: bits }) : generateKeyPairSync(type)
  return publicKey.export({ type: 'spki', format: 'pem' }).toString()
}
const key = (public_key: string, more: object = {}) =>
  ({ method: 'private-key-jwt', id: 'k1', ...registeredTimes, public_key, ...more }) as const

const refused: readonly (readonly [string, Readonly<Record<string, WrittenClient>>, string])[] = [
  ['a key of 1024 bits', { a: writtenClient([key(pem('rsa', 1024))]) }, 'rfc7518-6.3.1.1-modulus'],
  ['a key that is none', { a: writtenClient([key('-----BEGIN PUBLIC KEY-----')]) }, 'registry-public-key'],
  ['a range that is none', { a: writtenClient([], { ranges: ['10.0.0.1/8'] }) }, 'registry-range'],
  ['a time that is none', { a: writtenClient([], { expires_at: '2026-02-30' }) }, 'registry-time'],
  [
    'a secret that does not open',
    { a: writtenClient([{ ...of, ...registeredTimes, sealed: 'x' }]) },
    'registry-secret-opens',
  ],
  ['a key with nothing to check it by', { a: writtenClient([{ ...of, ...registeredTimes }]) }, 'registry-key-material'],
  [
    'an id that is taken',
    { a: writtenClient([key(pem('ed25519'))]), b: writtenClient([key(pem('ed25519'))]) },
    'registry-one-key-per-id',
  ],
  [
    'a name that is taken',
    {
      a: writtenClient([key(pem('ed25519'), { name: 'X' })]),
      b: writtenClient([key(pem('ed25519'), { name: 'X', id: 'k2' })]),
    },
    'registry-one-client-per-name',
  ],
  [
    'a third key that serves',
    { a: writtenClient(['1', '2', '3'].map((id) => key(pem('ed25519'), { id }))) },
    'registry-two-live-keys',
  ],
]

test.each(refused)('a registry is refused whole for %s', (_, clients, clause) => {
  const entries = readEntries(clients, seals)
  expect(entries.ok ? takeRegistrySnapshot(entries.value) : entries).toMatchObject({
    ok: false,
    code: 'TRUST_UNAVAILABLE',
    clause,
  })
})

test('a third key is taken where one of three is revoked', () => {
  const keys = (['active', 'active', 'revoked'] as const).map((status, i) =>
    key(pem('ed25519'), { id: `${i}`, status }),
  )
  expect(snapshotOf({ a: writtenClient(keys) }).find({ method: 'private-key-jwt', name: 'a' })).toHaveLength(3)
})

test('what changed is told, client by client and key by key', () => {
  const second = madeApiKey('second')
  const [before, after] = [
    snapshotOf({
      gone: writtenClient([]),
      kept: writtenClient([apiKey.written]),
      off: writtenClient([second.written]),
    }),
    snapshotOf({
      kept: writtenClient([{ ...apiKey.written, status: 'revoked' }]),
      off: writtenClient([], { status: 'disabled' }),
      added: writtenClient([madeApiKey('third').written]),
    }),
  ]
  expect(changesBetween(before, before)).toEqual([])
  expect(changesBetween(before, after)).toEqual([
    { of: 'client', act: 'removed', client: 'gone' },
    { of: 'key', act: 'revoked', client: 'kept', method: 'api-key', id: apiKey.id },
    { of: 'client', act: 'disabled', client: 'off' },
    { of: 'key', act: 'removed', client: 'off', method: 'api-key', id: second.id },
    { of: 'client', act: 'registered', client: 'added' },
    { of: 'key', act: 'registered', client: 'added', method: 'api-key', id: madeApiKey('third').id },
  ])
})

describe('the document', () => {
  const good = `clients:
  billing:
    services: [orders]
    keys:
      - { method: api-key, id: k1, created_at: 2026-03-01, expires_at: 2026-06-01, digest: "hmac-sha256:${'0'.repeat(64)}" }
`
  test('is read, defaults in place', () => {
    const read = readClientsDocument(good)
    expect(read).toMatchObject({
      ok: true,
      document: { clients: { billing: { status: 'active', scopes: [], ranges: [] } } },
    })
  })

  test.each([
    ['a secret in plain text', good.replace('digest:', 'secret: hunter2, digest:'), 'unknown key'],
    ['an API key that never ends', good.replace('expires_at: 2026-06-01, ', ''), 'expires_at'],
    ['a client for no service', good.replace('[orders]', '[]'), 'services'],
    ['one client twice', `${good}  billing: { services: [orders] }\n`, 'DUPLICATE_KEY'],
    ['an alias', `${good}  other: *x\n`, 'must not use an alias'],
  ])('is refused for %s, without a value of it', (_, text, said) => {
    const read = readClientsDocument(text)
    expect(read).toMatchObject({ ok: false, message: expect.stringContaining(said) as string })
    expect(JSON.stringify(read)).not.toContain('hunter2')
  })
})

describe('ranges of addresses', () => {
  const range = (text: string) => readIpRange(text) ?? { address: new Uint8Array(), bits: -1 }
  const address = (text: string) => readIpAddress(text) ?? new Uint8Array()
  test.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['10.0.0.0/8', 'a00::1', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.2', false],
    ['192.168.4.0/22', '192.168.7.255', true],
    ['192.168.4.0/22', '192.168.8.0', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
  ])('%s and %s: %s', (of, at, inside) => {
    expect(isInRange(address(at), range(of))).toBe(inside)
  })

  test.each(['10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.1/8', 'example.org', '', '/8'])(
    '`%s` is none',
    (text) => expect(readIpRange(text)).toBeUndefined(),
  )
})

test.each(['2026-02-30', '2026-13-01', '2026-1-1', '2026-03-01T25:00:00Z', '2026-03-01T00:00:00', 'today', ''])(
  '`%s` is no time',
  (text) => expect(readRfc3339(text)).toBeUndefined(),
)
