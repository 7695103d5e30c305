import { configDigest } from '../config/config-digest.ts'
import type { Config } from '../config/schema.ts'
import type { EventFacts, RecordedBundle } from '../core/event-record.ts'
import { createGeneration, type Generation, type Lasting } from './generation.ts'
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
  readonly record: (facts: EventFacts['config']) => Promise<unknown>
}

/**
 * Makes the function that reloads. One at a time. A new configuration is read, checked and built whole before it
 * replaces the running one; whatever fails leaves that one as it is. Both outcomes are records of the log.
 */
export function createReload({ lasting, current, swap, record }: ReloadParts) {
  let last: Promise<unknown> = Promise.resolve()

  async function reloadOnce(next: () => Promise<Config>): Promise<ReloadOutcome> {
    const before = current()
    try {
      const config = await next()
      const fixed = needRestart(before.config, config)
      if (fixed.length > 0) throw new Error(`needs a restart to change ${fixed.join(', ')}`)
      const generation = await createGeneration(config, lasting, before)
      await startNew(generation, before).catch(async (error: unknown) => {
        await generation.isolation.close()
        throw error
      })
      swap(generation)
      closeUnused(before, generation)
      before.isolation.retire(before.config.limits.deadline_ms)
      const digest = configDigest(config)
      await record({ outcome: 'applied', digest, bundles: bundleFacts(generation) })
      return { applied: true, digest }
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'an unknown fault'
      await record({ outcome: 'kept', digest: configDigest(before.config), reason })
      return { applied: false, reason }
    }
  }

  return (next: () => Promise<Config>): Promise<ReloadOutcome> => {
    const outcome = last.then(() => reloadOnce(next))
    last = outcome.catch(() => undefined)
    return outcome
  }
}

/** The bundles of a generation as facts of a record. */
export const bundleFacts = ({ bundles }: Generation): readonly RecordedBundle[] =>
  bundles.map(({ name, revision, digest, signed }) => ({ name, revision, digest, signed }))

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
