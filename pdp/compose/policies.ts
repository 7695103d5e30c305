import { readFile } from 'node:fs/promises'
import { createMemoryStore } from '../cache/memory-store.ts'
import type { Config } from '../config/schema.ts'
import type { Service } from '../core/service.ts'
import { type Clock, seconds } from '../core/time.ts'
import { cached } from '../policy/cached.ts'
import { loadBundle, type LoadedBundle } from '../policy/load-bundle.ts'
import { type ActivePolicies, createPolicySet } from '../policy/policy-set.ts'
import { defaultResultRules } from '../policy/read-result.ts'

const bytesPerEntry = 4_096

/** An empty set of policies behind their cache; `cache_entries: 0` is without one. */
export function createPolicies({ limits }: Config, clock: Clock): ActivePolicies {
  const rules = { ...defaultResultRules, maximumTtl: seconds(limits.policy_ttl_max_s) }
  const maximumEntries = limits.cache_entries
  if (maximumEntries === 0) return createPolicySet({ rules })
  const store = createMemoryStore({ clock, maximumEntries, maximumBytes: maximumEntries * bytesPerEntry })
  return createPolicySet({ rules, decorate: (policy) => cached(policy, store, { rules }) })
}

/** Loads every bundle of a configuration; throws for the first that cannot be used, and says why. */
export async function loadBundles(
  { bundles }: Config,
  services: ReadonlyMap<string, Service>,
  onReplaced: (reason: string) => void,
): Promise<ReadonlyMap<string, LoadedBundle>> {
  const loaded = new Map<string, LoadedBundle>()
  for (const [name, { file }] of Object.entries(bundles)) {
    const entrypoints = [...services.values()]
      .filter(({ policy }) => policy === name)
      .map(({ entrypoint }) => entrypoint)
    const bundle = await loadBundle(await readFile(file), { entrypoints, onReplaced })
    if (!bundle.ok) throw new Error(`bundle \`${name}\`: ${bundle.detail} (${bundle.clause})`)
    loaded.set(name, bundle.value)
  }
  return loaded
}
