import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import { createLastGood, type LastGood } from '../policy/last-good.ts'
import type { ActiveBundles } from './active-bundles.ts'

/** Where bundles are kept for the next start; nowhere for a demonstration, which leaves nothing behind. */
export const lastGoodBundlesOf = ({ state, audit }: Config): LastGood | undefined =>
  audit.mode === 'memory' ? undefined : createLastGood(join(state, 'bundles'))

/**
 * Keeps on disk what is active now, and what is there already alone. Bundles that nobody signed are not kept: they could
 * not be told from what somebody else put there. `failed`: told why one could not be; it decides all the same.
 */
export function keepLastGood(lastGood: LastGood | undefined, failed: (name: string, reason: string) => void) {
  const kept = new Map<string, string>()
  return async ({ held }: ActiveBundles): Promise<void> => {
    for (const [name, { bundle, archives, last }] of held) {
      if (!lastGood || !bundle.signed || kept.get(name) === last) continue
      await lastGood.keep(name, archives).then(
        () => kept.set(name, last),
        (error: unknown) => failed(name, error instanceof Error && 'code' in error ? String(error.code) : 'unknown'),
      )
    }
  }
}
