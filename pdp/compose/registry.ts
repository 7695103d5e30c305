import { readClientsDocument } from '../config/clients-document.ts'
import type { Config } from '../config/schema.ts'
import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { seconds } from '../core/time.ts'
import { changesBetween } from '../identity/registry/changes.ts'
import type { Peppers } from '../identity/registry/pepper.ts'
import { readEntries } from '../identity/registry/read-entries.ts'
import { type RegistrySnapshot, takeRegistrySnapshot } from '../identity/registry/snapshot.ts'
import { deriveKey } from '../keys/derive.ts'
import { timerSchedule } from '../net/schedule.ts'
import type { Registry } from '../seams.ts'
import { createHeldFiles, createHeldTexts } from '../trust/held-files.ts'
import type { SharedDocument } from '../trust/shared-document.ts'
import type { OwnSecrets } from './own-secret.ts'
import type { StartedSource, TrustSurroundings } from './trust.ts'

export const registryClauses = clauses({ document: 'registry-document', shared: 'registry-shared' })

export type RegistryConfig = NonNullable<Config['registry']>

/** Where clients come from, with what verifiers ask it. */
export interface RegistrySource extends StartedSource {
  readonly registry: Registry
}

const readEvery = seconds(1)

/** A name for where clients come from: as long as it is the same, a reload goes on with what was read. */
export const registryKeyOf = ({ from }: RegistryConfig): string => JSON.stringify(['registry', from])

/** Keys that open the secrets in a registry, and those that digests in it are made with. */
export const registryKeysOf = ([secret, ...before]: OwnSecrets): {
  readonly seals: Peppers
  readonly peppers: Peppers
} => ({
  seals: [deriveKey(secret, 'registry-seal/v1'), ...before.map((each) => deriveKey(each, 'registry-seal/v1'))],
  peppers: [deriveKey(secret, 'registry-pepper/v1'), ...before.map((each) => deriveKey(each, 'registry-pepper/v1'))],
})

/**
 * Clients of the place that the configuration names: read again every second, checked whole, and swapped whole. What cannot
 * be used leaves those before it in place. What changed is told, once it is in force.
 */
export function createRegistrySource(
  { from }: RegistryConfig,
  seals: Peppers,
  { clock, clientsChanged, sharedClients }: TrustSurroundings,
): RegistrySource {
  let before: RegistrySnapshot | undefined
  const reader = {
    read([text = '']: readonly string[]) {
      const snapshot = readRegistry(text, seals)
      if (!snapshot.ok) return snapshot
      const changes = before && changesBetween(before, snapshot.value)
      before = snapshot.value
      if (changes && changes.length > 0) clientsChanged?.(changes)
      return snapshot
    },
    count: ({ entries }: RegistrySnapshot) => entries.length,
  }
  const options = { name: 'registry', clock, schedule: timerSchedule, every: readEvery }
  const held =
    from === 'fleet'
      ? createHeldTexts({ ...options, readTexts: () => readShared(sharedClients) }, reader)
      : createHeldFiles({ ...options, paths: [from.slice('file:'.length)] }, reader)
  return {
    ...held,
    status: () => ({ ...held.status(), mayBeEmpty: true }),
    maxStale: seconds(Number.POSITIVE_INFINITY),
    ...(from !== 'fleet' && { needed: true as const }), // Redis may be away for a while, and then nobody here is known
    registry: {
      asOf: held.asOf,
      async find(query, { now }) {
        const snapshot = held.current(now)
        return snapshot.ok ? ok(snapshot.value.find(query)) : snapshot
      },
    },
  }
}

async function readShared(shared: SharedDocument | undefined): Promise<Result<readonly string[]>> {
  if (!shared)
    return refuse('TRUST_UNAVAILABLE', registryClauses.shared, 'clients are in Redis, which is not asked here')
  const read = await shared.read()
  return read.ok ? ok([read.value.sequence === 0 ? noClients : read.value.text]) : read
}

/** A registry in which nobody is yet. */
export const noClients = 'clients: {}\n'

/** Reads the text of a registry into what verifiers look up. Errors: TRUST_UNAVAILABLE. */
export function readRegistry(text: string, seals: Peppers): Result<RegistrySnapshot> {
  const read = readClientsDocument(text)
  if (!read.ok) return refuse('TRUST_UNAVAILABLE', registryClauses.document, read.message)
  const entries = readEntries(read.document.clients, seals)
  return entries.ok ? takeRegistrySnapshot(entries.value) : entries
}
