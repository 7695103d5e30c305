import type { RecordEvent } from '../core/event-record.ts'
import type { RegistryChange } from '../identity/registry/changes.ts'
import type { Fleet } from './fleet.ts'
import type { TrustSurroundings } from './trust.ts'

/**
 * Puts into the log what changed in the registry, each client and each credential by itself: by then it is in force. Where the
 * log cannot be written, that is told by the log.
 */
const recordClients =
  (record: RecordEvent) =>
  (changes: readonly RegistryChange[]): void => {
    for (const change of changes) recordChange(change, record).catch(() => undefined)
  }

const recordChange = (change: RegistryChange, record: RecordEvent): Promise<unknown> =>
  change.of === 'client'
    ? record('admin', { act: `client-${change.act}`, target: change.client })
    : record('key', { act: change.act, purpose: change.method, id: change.id, client: change.client })

/** What the registry needs from outside: where its changes are recorded, and what a fleet has of it. */
export const clientSurroundings = (
  record: RecordEvent,
  fleet: Fleet | undefined,
): Pick<TrustSurroundings, 'clientsChanged' | 'sharedClients'> => ({
  clientsChanged: recordClients(record),
  ...(fleet && { sharedClients: fleet.clients }),
})
