import { readFile } from 'node:fs/promises'
import { createMemoryStore } from '../cache/memory-store.ts'
import type { Config } from '../config/schema.ts'
import type { Service } from '../core/service.ts'
import { type Clock, seconds } from '../core/time.ts'
import { cached } from '../policy/cached.ts'
import { gunzip, type GzipLimits } from '../policy/gunzip.ts'
import { loadBundle, type LoadedBundle } from '../policy/load-bundle.ts'
import { type ActivePolicies, createPolicySet } from '../policy/policy-set.ts'
import { defaultResultRules } from '../policy/read-result.ts'
import { type TarLimits, untar } from '../policy/untar.ts'
import type { CacheStore } from '../seams.ts'
import { checkSignature } from './check-signature.ts'

const bytesPerEntry = 4_096
const MIB = 1_048_576
// before the signature is known to be good; what is expanded for it is bounded like what is loaded
const signedLimits: GzipLimits & TarLimits = {
  compressed: 64 * MIB,
  expanded: 512 * MIB,
  ratio: 100,
  entries: 4_096,
  entrySize: 256 * MIB,
}

/** Where decisions seen before are kept; absent with `cache_entries: 0`. It outlives a reload: keys name what was asked of what. */
export function createDecisionStore({ limits }: Config, clock: Clock): CacheStore | undefined {
  const maximumEntries = limits.cache_entries
  return maximumEntries === 0
    ? undefined
    : createMemoryStore({ clock, maximumEntries, maximumBytes: maximumEntries * bytesPerEntry })
}

/** An empty set of policies, behind their cache if there is one. */
export function createPolicies({ limits }: Config, store: CacheStore | undefined): ActivePolicies {
  const rules = { ...defaultResultRules, maximumTtl: seconds(limits.policy_ttl_max_s) }
  return createPolicySet({ rules, ...(store && { decorate: (policy) => cached(policy, store, { rules }) }) })
}

/** Loads every bundle of a configuration; throws for the first that cannot be used, and says why. */
export async function loadBundles(
  { bundles }: Config,
  services: ReadonlyMap<string, Service>,
  onReplaced: (reason: string) => void,
): Promise<ReadonlyMap<string, LoadedBundle>> {
  const loaded = new Map<string, LoadedBundle>()
  for (const [name, { file, signer }] of Object.entries(bundles)) {
    const entrypoints = [...services.values()]
      .filter(({ policy }) => policy === name)
      .map(({ entrypoint }) => entrypoint)
    const archive = await read(name, file)
    if (signer !== undefined) await checkSigner(name, archive, signer.slice('file:'.length))
    const bundle = await loadBundle(archive, { entrypoints, onReplaced })
    if (!bundle.ok) throw new Error(`bundle \`${name}\`: ${bundle.detail} (${bundle.clause})`)
    loaded.set(name, bundle.value)
  }
  return loaded
}

async function read(bundle: string, path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    throw new Error(`bundle \`${bundle}\`: ${path} cannot be read (${code})`)
  })
}

/** Throws where an archive was not signed by whom the configuration names, or is not as it was signed. */
async function checkSigner(bundle: string, archive: Uint8Array, path: string): Promise<void> {
  const pem = (await read(bundle, path)).toString('utf8')
  const tar = await gunzip(archive, signedLimits)
  const files = tar.ok ? untar(tar.value, signedLimits) : tar
  const checked = files.ok ? checkSignature(files.value, pem) : files
  if (!checked.ok) throw new Error(`bundle \`${bundle}\`: ${checked.detail} (${checked.clause})`)
}
