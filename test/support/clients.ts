import { ok } from '../../pdp/core/result.ts'
import { apiKeyBytes, newKeyId, newKeySecret, writeApiKey } from '../../pdp/identity/registry/api-key-text.ts'
import { digestOfSecret, type Peppers } from '../../pdp/identity/registry/pepper.ts'
import { readEntries, type WrittenClient, type WrittenKey } from '../../pdp/identity/registry/read-entries.ts'
import { type RegistrySnapshot, takeRegistrySnapshot } from '../../pdp/identity/registry/snapshot.ts'
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
export function madeApiKey(name: string, more: Partial<WrittenKey> = {}) {
  const id = newKeyId(Buffer.alloc(apiKeyBytes.id, `id of ${name}`))
  const secret = newKeySecret(Buffer.alloc(apiKeyBytes.secret, `secret of ${name}`))
  const digest = digestOfSecret(peppers[0], { method: 'api-key', id }, secret).toString('hex')
  const written: WrittenKey = { method: 'api-key', id, ...registeredTimes, digest: `hmac-sha256:${digest}`, ...more }
  return { id, secret, text: writeApiKey({ prefix: 'sp', environment: 'prod', id, secret }), written }
}

/** The API key of the checkout workload. */
export const apiKey = madeApiKey('checkout')

/** The registry of the test world. */
export const worldClients: Readonly<Record<string, WrittenClient>> = {
  checkout: writtenClient([apiKey.written]),
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
