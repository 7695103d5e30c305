import type { Client, ClientKey, RegisteredKey } from '../../core/client.ts'
import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { RegistryQuery } from '../../seams.ts'

export const snapshotClauses = clauses({
  keyId: 'registry-one-key-per-id',
  name: 'registry-one-client-per-name',
  live: 'registry-two-live-keys',
})

/** A client with all that it may prove itself with. */
export interface ClientEntry {
  readonly client: Client
  readonly keys: readonly ClientKey[]
}

/** The registry at one moment. Never changed: it is swapped whole. */
export interface RegistrySnapshot {
  readonly entries: readonly ClientEntry[]
  find(query: RegistryQuery): readonly RegisteredKey[]
}

const keysAtOnce = 2

/**
 * Makes a snapshot, or refuses all of it: an id that two credentials have, a name that two clients give themselves, or a
 * third credential of one kind that was not revoked. Errors: TRUST_UNAVAILABLE.
 */
export function takeRegistrySnapshot(entries: readonly ClientEntry[]): Result<RegistrySnapshot> {
  const byKey = new Map<string, RegisteredKey>()
  const byName = new Map<string, RegisteredKey[]>()
  for (const { client, keys } of entries) {
    for (const key of keys) {
      const registered: RegisteredKey = { client, key }
      const keyAt = `${key.method} ${key.id}`
      if (byKey.has(keyAt)) return broken(snapshotClauses.keyId, client, 'has a credential whose id is taken')
      byKey.set(keyAt, registered)
      const nameAt = `${key.method} ${key.name}`
      const named = byName.get(nameAt) ?? []
      if (named.some((other) => other.client !== client)) {
        return broken(snapshotClauses.name, client, 'gives itself the name of another client')
      }
      if (keys.filter((other) => other.method === key.method && other.status === 'active').length > keysAtOnce) {
        return broken(snapshotClauses.live, client, `has more than ${keysAtOnce} credentials of one kind that serve`)
      }
      byName.set(nameAt, [...named, registered])
    }
  }
  return ok({
    entries,
    find(query) {
      if ('name' in query) return byName.get(`${query.method} ${query.name}`) ?? []
      const found = byKey.get(`${query.method} ${query.key}`)
      return found ? [found] : []
    },
  })
}

const broken = (clause: (typeof snapshotClauses)[keyof typeof snapshotClauses], { id }: Client, what: string) =>
  refuse('TRUST_UNAVAILABLE', clause, `client \`${id}\` ${what}`)
