import type { PolicyIdentity } from '../core/draft.ts'
import type { Service } from '../core/service.ts'
import type { Policy } from '../seams.ts'
import { type CompiledPolicy, compiledPolicy, type CompiledPolicyParts } from './compiled-policy.ts'
import type { IsolatePool } from './isolated/isolate-pool.ts'
import { isolatedPolicy } from './isolated/isolated-policy.ts'
import type { LoadedBundle } from './load-bundle.ts'
import { allReads, inputReadsOf } from './read-set/input-reads.ts'
import type { ResultRules } from './read-result.ts'

/**
 * - `rules`: what results may hold. `decorate`: wraps each policy, for caching or timing.
 * - `pool`: the threads that evaluate; absent: this one.
 * - `onBuiltinAnswers`: told what builtins answered in a decision; see {@link CompiledPolicyParts}.
 */
export interface BundlePoliciesOptions extends Pick<CompiledPolicyParts, 'onBuiltinAnswers'> {
  readonly rules: ResultRules
  readonly decorate?: (policy: CompiledPolicy, rules: ResultRules) => Policy
  readonly pool?: IsolatePool
}

/** The policies of one bundle: one snapshot, by dialect and entrypoint. */
export interface BundlePolicies {
  readonly identity: PolicyIdentity
  /** Undefined for an entrypoint that the bundle lacks. */
  of(service: Pick<Service, 'dialect' | 'entrypoint'>): Policy | undefined
}

/** Makes the policies of a bundle, under the name that it decides by. */
export function bundlePolicies(
  name: string,
  bundle: LoadedBundle,
  { rules, decorate, pool, onBuiltinAnswers }: BundlePoliciesOptions,
): BundlePolicies {
  const { evaluator, maximumInput, revision, digest, moduleDigest, dataDigest, readSets, readDataDigests } = bundle
  const identity: PolicyIdentity = { bundle: name, revision, digest: `sha256:${digest}` }
  /** The same policies, with inputs and results of one dialect. */
  const policiesOf = (dialect: Pick<ResultRules, 'dialect'>): ReadonlyMap<string, Policy> => {
    const snapshot = new Map<string, Policy>()
    for (const [entrypoint, id] of evaluator.entrypoints) {
      const data = readDataDigests.get(entrypoint) ?? dataDigest
      const scope = { module: moduleDigest, data, entrypoint, ...dialect }
      const readSet = readSets.get(entrypoint)
      const reads = readSet ? inputReadsOf(readSet) : allReads
      const ear = onBuiltinAnswers && { onBuiltinAnswers }
      const inDialect = { ...rules, ...dialect }
      const parts = { identity, scope, entrypoint: id, rules: inDialect, reads, maximumInput, ...ear }
      const policy = pool ? isolatedPolicy({ ...parts, pool }) : compiledPolicy({ ...parts, evaluator })
      snapshot.set(entrypoint, decorate ? decorate(policy, inDialect) : policy)
    }
    return snapshot
  }
  const native = policiesOf({})
  let opaEnvoy: ReadonlyMap<string, Policy> | undefined // made for the first who asks: few bundles have a service in it
  return {
    identity,
    of: ({ dialect, entrypoint }) =>
      (dialect ? (opaEnvoy ??= policiesOf({ dialect: dialect.name })) : native).get(entrypoint),
  }
}
