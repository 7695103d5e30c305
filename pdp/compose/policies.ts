import { readFile } from 'node:fs/promises'
import { createMemoryStore } from '../cache/memory-store.ts'
import type { Config } from '../config/schema.ts'
import type { VerificationKey } from '../core/key.ts'
import type { Service } from '../core/service.ts'
import { type Clock, seconds } from '../core/time.ts'
import { cached } from '../policy/cached.ts'
import type { CompiledPolicy } from '../policy/compiled-policy.ts'
import { loadBundle, type LoadedBundle } from '../policy/load-bundle.ts'
import { type ActivePolicies, createPolicySet } from '../policy/policy-set.ts'
import { defaultResultRules, type ResultRules } from '../policy/read-result.ts'
import type { SecondLevel } from '../policy/second-level.ts'
import { readSignerKey } from '../policy/signature/read-signer-key.ts'
import type { CacheStore, Policy } from '../seams.ts'
import type { AnsweringLog } from './record-builtin-answers.ts'

const bytesPerEntry = 4_096

/** Where answers seen before are kept. It outlives a reload: keys name what was asked of what. */
export interface DecisionStores {
  readonly store: CacheStore
  /** The level that a fleet shares, for each policy. */
  readonly shared?: () => SecondLevel
  readonly random: () => number
}

/** Absent with `cache_entries: 0`. */
export function createDecisionStores(
  { limits }: Config,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  shared: DecisionStores['shared'],
): DecisionStores | undefined {
  const maximumEntries = limits.cache_entries
  if (maximumEntries === 0) return undefined
  const store = createMemoryStore({ clock, maximumEntries, maximumBytes: maximumEntries * bytesPerEntry })
  return { store, random, ...(shared && { shared }) }
}

/** An empty set of policies, behind their cache if there is one. */
export function createPolicies(
  { limits, policy_headers }: Config,
  stores: DecisionStores | undefined,
  onBuiltinAnswers: AnsweringLog['onBuiltinAnswers'],
): ActivePolicies {
  const rules = {
    ...defaultResultRules,
    maximumTtl: seconds(limits.policy_ttl_max_s),
    requestHeaders: new Set(policy_headers.request),
    responseHeaders: new Set(policy_headers.response),
  }
  const decorate = stores && { decorate: (policy: CompiledPolicy, of: ResultRules) => decorated(policy, stores, of) }
  return createPolicySet({ rules, onBuiltinAnswers, ...decorate })
}

const decorated = (policy: CompiledPolicy, { store, shared, random }: DecisionStores, rules: ResultRules): Policy =>
  cached(policy, store, { rules, maximumAllow: rules.maximumTtl, random, ...(shared && { shared: shared() }) })

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
    const bundle = await loadBundle(await read(name, file), {
      entrypoints,
      onReplaced,
      ...(signer !== undefined && { signer: await readSigner(name, signer.slice('file:'.length)) }),
    })
    if (!bundle.ok) throw new Error(`bundle \`${name}\`: ${bundle.detail} (${bundle.clause})`)
    loaded.set(name, bundle.value)
  }
  return loaded
}

async function readSigner(bundle: string, path: string): Promise<VerificationKey> {
  const key = readSignerKey((await read(bundle, path)).toString('latin1'))
  if (!key.ok) throw new Error(`bundle \`${bundle}\`: ${path}: ${key.detail} (${key.clause})`)
  return key.value
}

async function read(bundle: string, path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    throw new Error(`bundle \`${bundle}\`: ${path} cannot be read (${code})`)
  })
}
