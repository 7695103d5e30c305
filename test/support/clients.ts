import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { ok } from '../../pdp/core/result.ts'
import { apiKeyBytes, newKeyId, newKeySecret, writeApiKey } from '../../pdp/identity/registry/api-key-text.ts'
import { digestOfSecret, type Peppers } from '../../pdp/identity/registry/pepper.ts'
import { readEntries, type WrittenClient, type WrittenKey } from '../../pdp/identity/registry/read-entries.ts'
import { sealSecret } from '../../pdp/identity/registry/sealed-secret.ts'
import { type RegistrySnapshot, takeRegistrySnapshot } from '../../pdp/identity/registry/snapshot.ts'
import type { Instant } from '../../pdp/core/time.ts'
import type { Registry } from '../../pdp/seams.ts'
import { noon } from './clock.ts'

// Clients that are registered in the test world, with the secrets that only they have.

export const registryIssuer = 'https://clients.example.org'
export const peppers: Peppers = [Buffer.alloc(32, 'the pepper of the test world')]
export const seals: Peppers = [Buffer.alloc(32, 'the seal of the test world')]

/** A client for the orders service, registered before noon. */
export const writtenClient = (keys: readonly WrittenKey[], more: Partial<WrittenClient> = {}): WrittenClient => ({
  status: 'active',
  services: ['orders'],
  scopes: ['orders:read'],
  ranges: [],
  environment: 'production',
  facts: {},
  keys,
  ...more,
})

/** Registered a day before noon, for a month. */
export const registeredTimes = {
  status: 'active',
  created_at: '2026-03-01T12:00:00Z',
  expires_at: '2026-04-01',
} as const

/** The API key of a name, always the same, and what the registry has of it. */
export function madeApiKey(name: string, more: Partial<WrittenKey> = {}, pepper = peppers[0]) {
  const id = newKeyId(Buffer.alloc(apiKeyBytes.id, `id of ${name}`))
  const secret = newKeySecret(Buffer.alloc(apiKeyBytes.secret, `secret of ${name}`))
  const digest = digestOfSecret(pepper, { method: 'api-key', id }, secret).toString('hex')
  const written: WrittenKey = { method: 'api-key', id, ...registeredTimes, digest: `hmac-sha256:${digest}`, ...more }
  return { id, secret, text: writeApiKey({ prefix: 'sp', environment: 'prod', id, secret }), written }
}

/** The API key of the checkout workload. */
export const apiKey = madeApiKey('checkout')

/** A secret that was made at random, for a client, and what the registry has of it. */
export function madeClientSecret(name: string, more: Partial<WrittenKey> = {}, pepper = peppers[0]) {
  const id = `${name}.1`
  const secret = newKeySecret(Buffer.alloc(apiKeyBytes.secret, `secret of ${name}`))
  const digest = digestOfSecret(pepper, { method: 'client-secret', id }, secret).toString('hex')
  const written: WrittenKey = {
    method: 'client-secret',
    id,
    ...registeredTimes,
    digest: `hmac-sha256:${digest}`,
    ...more,
  }
  return { id, secret, written }
}

/** The secret of the checkout workload. */
export const clientSecret = madeClientSecret('checkout')

/** The credentials of the scheme Basic, as clients of OAuth send them (RFC 6749 §2.3.1). */
export const basic = (id: string, secret: string): string =>
  Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString('base64')

/** The body of a request for a token by client_secret_post. */
export const secretForm = (id: string, secret: string): string =>
  new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }).toString()

const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)

/** The secret that checkout shares with us for tokens with a MAC. */
const sharedSecret = Buffer.alloc(32, 'shared with checkout')
const macKeyId = 'checkout-mac'

/** What the registry has of it. */
export const madeMacKey = (seal = seals[0]): WrittenKey => ({
  method: 'hmac-token',
  id: macKeyId,
  ...registeredTimes,
  sealed: sealSecret(seal, { method: 'hmac-token', id: macKeyId }, sharedSecret, Buffer.alloc(12)),
})

/** A token with a MAC that checkout made for the orders service, good at noon. */
export function hmacToken({
  header = {},
  claims = {},
  secret = sharedSecret,
  now = noon,
}: HmacTokenChanges = {}): string {
  const iat = Math.trunc(now / 1000)
  const parts = [
    { alg: 'HS256', typ: 'hmac+jwt', kid: macKeyId, ...header },
    {
      iss: registryIssuer,
      sub: 'checkout',
      aud: 'https://orders.example.org',
      jti: 'mac-1',
      iat,
      exp: iat + 300,
      ...claims,
    },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  const text = parts.join('.')
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

/** A member that is `undefined` is left out. */
export interface HmacTokenChanges {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly secret?: string | Buffer
  readonly now?: Instant
}

/** The access key of a name: a key of AWS's form that is ours. */
export function madeAccessKey(name: string, more: Partial<WrittenKey> = {}, seal = seals[0]) {
  const accessKeyId = `SPAK${Buffer.from(name).toString('hex').toUpperCase().padEnd(16, '0').slice(0, 16)}`
  const secretAccessKey = Buffer.alloc(30, `secret access key of ${name}`).toString('base64')
  const of = { method: 'aws-sigv4', id: accessKeyId } as const
  const sealed = sealSecret(seal, of, Buffer.from(secretAccessKey), Buffer.alloc(12, name))
  const written: WrittenKey = { ...of, ...registeredTimes, sealed, ...more }
  return { accessKeyId, secretAccessKey, written }
}

/** The access key of the checkout workload. */
export const accessKey = madeAccessKey('checkout')

export type MadeKeyPair = ReturnType<typeof madeKeyPair>

/** A key pair that a client signs with itself, and what the registry has of it. */
export function madeKeyPair(method: 'key-pair-jwt' | 'private-key-jwt', id: string, more: Partial<WrittenKey> = {}) {
  const { privateKey, publicKey } =
    method === 'key-pair-jwt'
      ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const fingerprint = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
  const public_key = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const written: WrittenKey = { method, id, ...registeredTimes, public_key, ...more }
  return { privateKey, fingerprint, written }
}

/** The key pair of the checkout workload for client assertions. */
export const assertionKey = madeKeyPair('private-key-jwt', 'checkout-1')

/** A compact JWS of a client's own key pair; header and claims go in as they are. */
export function signAsClient(key: KeyObject, header: object, claims: object): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${encode(header)}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** The registry of the test world. */
export const worldClients: Readonly<Record<string, WrittenClient>> = {
  checkout: writtenClient([
    apiKey.written,
    clientSecret.written,
    madeMacKey(),
    accessKey.written,
    assertionKey.written,
  ]),
}

/** What is registered, taken together. */
export function snapshotOf(clients: Readonly<Record<string, WrittenClient>>): RegistrySnapshot {
  const entries = readEntries(clients, seals)
  const snapshot = entries.ok ? takeRegistrySnapshot(entries.value) : entries
  if (!snapshot.ok) throw new Error(`${snapshot.clause}: ${snapshot.detail}`)
  return snapshot.value
}

/** A registry of these clients, as it was read at noon. */
export function registryOf(clients: Readonly<Record<string, WrittenClient>>): Registry {
  const snapshot = snapshotOf(clients)
  return { asOf: () => noon, find: async (query) => ok(snapshot.find(query)) }
}
