import { configDigest } from '../config/config-digest.ts'
import type { Config } from '../config/schema.ts'
import type { RecordedBundle, RecordEvent } from '../core/event-record.ts'
import type { ActiveBundle } from './active-bundles.ts'
import { createGeneration, type Generation, type Lasting } from './generation.ts'
import type { Serially } from './serially.ts'
import { needRestart } from './need-restart.ts'

/** What became of a new configuration: in use, or kept out, with the reason for the operator. */
export type ReloadOutcome =
  | { readonly applied: true; readonly digest: string }
  | { readonly applied: false; readonly reason: string }

/** Where the running generation stands, and how lifecycle records are written. */
export interface ReloadParts {
  readonly lasting: Lasting
  readonly current: () => Generation
  readonly swap: (next: Generation) => void
  readonly record: RecordEvent
  /** What also changes what is active waits its turn. */
  readonly serially: Serially
}

/**
 * Makes the function that reloads. One at a time. A new configuration is read, checked and built whole before it
 * replaces the running one; whatever fails leaves that one as it is. Both outcomes are records of the log.
 */
export function createReload({ lasting, current, swap, record, serially }: ReloadParts) {
  async function build(next: () => Promise<Config>, before: Generation): Promise<Generation> {
    const config = await next()
    const fixed = needRestart(before.config, config)
    if (fixed.length > 0) throw new Error(`needs a restart to change ${fixed.join(', ')}`)
    const generation = await createGeneration(config, lasting, before)
    await startNew(generation, before).catch(async (error: unknown) => {
      await generation.isolation.close()
      throw error
    })
    return generation
  }

  async function reloadOnce(next: () => Promise<Config>): Promise<ReloadOutcome> {
    const before = current()
    let generation: Generation
    try {
      generation = await build(next, before)
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'an unknown fault'
      await record('config', { outcome: 'kept', digest: configDigest(before.config), reason })
      return { applied: false, reason }
    }
    swap(generation)
    closeUnused(before, generation)
    before.isolation.retire(before.config.limits.deadline_ms)
    await lasting.keepBundles(generation.bundles)
    const digest = configDigest(generation.config)
    for (const facts of activated(before, generation)) await record('bundle', facts)
    await record('config', { outcome: 'applied', digest, bundles: bundleFacts(generation) })
    return { applied: true, digest }
  }

  return (next: () => Promise<Config>): Promise<ReloadOutcome> => serially(() => reloadOnce(next))
}

/** The bundles of a generation as facts of a record. */
export const bundleFacts = ({ bundles }: Generation): readonly RecordedBundle[] =>
  bundles.list().map(({ name, revision, digest, signed }) => ({ name, revision, digest, signed }))

/** Bundles that a generation has and the one before it did not have, or not of this content. */
const activated = (before: Generation, next: Generation) =>
  next.bundles.list().flatMap((bundle) => {
    const previous = before.bundles.list().find(({ name }) => name === bundle.name)?.digest
    return previous === bundle.digest ? [] : [activationOf(bundle, previous)]
  })

/** That a bundle became active, as facts of a record. */
export const activationOf = (
  { name, revision, digest, signed, signer, sequence }: ActiveBundle,
  previous: string | undefined,
) => ({
  act: 'activated' as const,
  name,
  revision,
  digest,
  signed,
  ...(signer !== undefined && { signer }),
  ...(sequence !== undefined && { sequence }),
  ...(previous !== undefined && { previous }),
})

/** Reads the sources that are new; an empty one would deny what the running configuration allows. */
async function startNew(next: Generation, before: Generation): Promise<void> {
  const added = [...next.sources].filter(([key]) => !before.sources.has(key)).map(([, source]) => source)
  const outcomes = await Promise.all(added.map((source) => source.start()))
  const failed = added.find((_, i) => outcomes[i]?.ok !== true)
  if (!failed) return
  const { name, lastError = 'it has no keys' } = failed.status()
  for (const source of added) source.close()
  throw new Error(`trust: ${name}: ${lastError}`)
}

function closeUnused(before: Generation, next: Generation): void {
  for (const [key, source] of before.sources) if (!next.sources.has(key)) source.close()
}
