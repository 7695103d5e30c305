import type { Client, ClientKey } from '../../core/client.ts'
import { isDeepStrictEqual } from 'node:util'
import type { ClientEntry, RegistrySnapshot } from './snapshot.ts'

/** What became of a client, or of one of its credentials. */
export type RegistryChange =
  | { readonly of: 'client'; readonly act: 'registered' | 'changed' | 'disabled' | 'removed'; readonly client: string }
  | {
      readonly of: 'key'
      readonly act: 'registered' | 'changed' | 'revoked' | 'removed'
      readonly client: string
      readonly method: ClientKey['method']
      readonly id: string
    }

/** What is different, for the record: one entry for each client, and for each credential. */
export function changesBetween(before: RegistrySnapshot, after: RegistrySnapshot): readonly RegistryChange[] {
  const [was, is] = [byId(before), byId(after)]
  const changes: RegistryChange[] = []
  for (const id of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(id), is.get(id)]
    const act = actOf(old?.client, now?.client, ({ status }: Client) => status === 'disabled', 'disabled')
    if (act) changes.push({ of: 'client', act, client: id })
    changes.push(...keyChanges(id, old, now))
  }
  return changes
}

function keyChanges(client: string, before: ClientEntry | undefined, after: ClientEntry | undefined) {
  const [was, is] = [keysOf(before), keysOf(after)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((at): readonly RegistryChange[] => {
    const [old, now] = [was.get(at), is.get(at)]
    const act = actOf(old, now, ({ status }: ClientKey) => status === 'revoked', 'revoked')
    const key = now ?? old
    return act && key ? [{ of: 'key', act, client, method: key.method, id: key.id }] : []
  })
}

function actOf<T, Ended extends string>(
  before: T | undefined,
  after: T | undefined,
  isEnded: (value: T) => boolean,
  ended: Ended,
): 'registered' | 'changed' | 'removed' | Ended | undefined {
  if (after === undefined) return before === undefined ? undefined : 'removed'
  if (before === undefined) return 'registered'
  if (isDeepStrictEqual(before, after)) return undefined
  return isEnded(after) && !isEnded(before) ? ended : 'changed'
}

const byId = ({ entries }: RegistrySnapshot) => new Map(entries.map((entry) => [entry.client.id, entry]))
const keysOf = (entry: ClientEntry | undefined) =>
  new Map((entry?.keys ?? []).map((key) => [`${key.method} ${key.id}`, key]))
