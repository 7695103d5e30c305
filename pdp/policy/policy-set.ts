import type { PolicyIdentity } from '../core/draft.ts'
import type { Service } from '../core/service.ts'
import type { Policy, PolicySet } from '../seams.ts'
import { type CompiledPolicy, compiledPolicy, type CompiledPolicyParts } from './compiled-policy.ts'
import type { IsolatePool } from './isolated/isolate-pool.ts'
import { isolatedPolicy } from './isolated/isolated-policy.ts'
import type { LoadedBundle } from './load-bundle.ts'
import { allReads, inputReadsOf } from './read-set/input-reads.ts'
import { defaultResultRules, type ResultRules } from './read-result.ts'

export interface PolicySetOptions {
  /** What results may hold; absent: no headers, an hour of reuse. */
  readonly rules?: ResultRules
  /** Wraps each policy when its bundle is activated, for caching or timing. */
  readonly decorate?: (policy: CompiledPolicy) => Policy
  /** Told what builtins answered in a decision; see {@link CompiledPolicyParts}. */
  readonly onBuiltinAnswers?: CompiledPolicyParts['onBuiltinAnswers']
}

export interface ActivePolicies extends PolicySet {
  /**
   * Makes a bundle the active one of its name, all entrypoints at once. Asks under way keep the policy they took.
   * Evaluated on this thread, or on those of a pool that was made of this very bundle.
   */
  activate(name: string, bundle: LoadedBundle, pool?: IsolatePool): PolicyIdentity
}

/** The active policies, by bundle and entrypoint. Empty at first; undefined for an entrypoint that the bundle lacks. */
export function createPolicySet({
  rules = defaultResultRules,
  decorate,
  onBuiltinAnswers,
}: PolicySetOptions = {}): ActivePolicies {
  const active = new Map<string, ReadonlyMap<string, Policy>>()
  return {
    async active({ policy, entrypoint }: Service) {
      return active.get(policy)?.get(entrypoint)
    },
    activate(name, bundle, pool) {
      const { evaluator, maximumInput, revision, digest, moduleDigest, dataDigest, readSets, readDataDigests } = bundle
      const identity: PolicyIdentity = { bundle: name, revision, digest: `sha256:${digest}` }
      const snapshot = new Map<string, Policy>()
      for (const [entrypoint, id] of evaluator.entrypoints) {
        const scope = { module: moduleDigest, data: readDataDigests.get(entrypoint) ?? dataDigest, entrypoint }
        const readSet = readSets.get(entrypoint)
        const reads = readSet ? inputReadsOf(readSet) : allReads
        const ear = onBuiltinAnswers && { onBuiltinAnswers }
        const parts = { identity, scope, entrypoint: id, rules, reads, maximumInput, ...ear }
        const policy = pool ? isolatedPolicy({ ...parts, pool }) : compiledPolicy({ ...parts, evaluator })
        snapshot.set(entrypoint, decorate ? decorate(policy) : policy)
      }
      active.set(name, snapshot)
      return identity
    },
  }
}
