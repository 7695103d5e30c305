import type { PolicyIdentity } from '../core/draft.ts'
import type { Service } from '../core/service.ts'
import type { Clock, Instant } from '../core/time.ts'
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
  readonly decorate?: (policy: CompiledPolicy, rules: ResultRules) => Policy
  /** From when a bundle expires nothing of it decides. Absent: those that expire decide nothing at all. */
  readonly clock?: Clock
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

type Policies = ReadonlyMap<string, Policy>

interface ActiveBundle {
  readonly native: Policies
  readonly 'opa-envoy': () => Policies
  readonly expires?: Instant
}

/** The active policies, by bundle, dialect and entrypoint. Empty at first; undefined for an entrypoint that the bundle lacks. */
export function createPolicySet({
  rules = defaultResultRules,
  decorate,
  onBuiltinAnswers,
  clock,
}: PolicySetOptions = {}): ActivePolicies {
  const active = new Map<string, ActiveBundle>()
  const isOver = ({ expires }: ActiveBundle) => expires !== undefined && (clock === undefined || clock() >= expires)
  return {
    async active({ policy, entrypoint, dialect }: Service) {
      const bundle = active.get(policy)
      if (bundle === undefined || isOver(bundle)) return undefined
      return (dialect ? bundle[dialect.name]() : bundle.native).get(entrypoint)
    },
    activate(name, bundle, pool) {
      const { evaluator, maximumInput, revision, digest, moduleDigest, dataDigest, readSets, readDataDigests } = bundle
      const identity: PolicyIdentity = { bundle: name, revision, digest: `sha256:${digest}` }
      /** The same policies, with inputs and results of one dialect. */
      const policiesOf = (dialect: Pick<ResultRules, 'dialect'>): Policies => {
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
      let opaEnvoy: Policies | undefined // made for the first who asks: few bundles have a service in it
      const expires = bundle.signed?.statement.expires
      active.set(name, {
        native: policiesOf({}),
        'opa-envoy': () => (opaEnvoy ??= policiesOf({ dialect: 'opa-envoy' })),
        ...(expires !== undefined && { expires }),
      })
      return identity
    },
  }
}
