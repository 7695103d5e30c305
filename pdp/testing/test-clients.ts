import { randomBytes } from 'node:crypto'
import { registryKeysOf } from '../compose/registry.ts'
import { type Instant, plus, seconds } from '../core/time.ts'
import { makeKey } from '../identity/registry/make-key.ts'
import type { OwnSecret } from '../keys/own-secret.ts'

/** A client that shows an API key: the facts that policy sees of it. */
export type TestClientFacts = Readonly<Record<string, string>>

/** Clients with an API key each: the text of their registry, and the keys by client. */
export interface TestClients {
  readonly registry: string
  readonly keys: ReadonlyMap<string, string>
}

/** How their keys begin, so that nobody takes one for a real one. */
export const testKeyBeginning = { prefix: 'sp', environment: 'test' } as const

const lifetime = seconds(86_400)

/** Makes an API key for each client of a service. */
export async function createTestClients(
  clients: Readonly<Record<string, TestClientFacts>>,
  { service, secret, now }: { readonly service: string; readonly secret: OwnSecret; readonly now: Instant },
): Promise<TestClients> {
  const making = { ...registryKeysOf([secret]), randomBytes: (length: number) => randomBytes(length) }
  const made = await Promise.all(
    Object.entries(clients).map(async ([client, facts]) => {
      const times = { createdAt: now, expiresAt: plus(now, lifetime) }
      const key = await makeKey({ method: 'api-key', client, ...times, beginning: testKeyBeginning }, making)
      return { client, key: key.given ?? '', written: { services: [service], facts, keys: [key.written] } }
    }),
  )
  return {
    registry: JSON.stringify({ clients: Object.fromEntries(made.map(({ client, written }) => [client, written])) }),
    keys: new Map(made.map(({ client, key }) => [client, key])),
  }
}
