import { createMemoryStore } from '../cache/memory-store.ts'
import type { Config } from '../config/schema.ts'
import { type Clock, seconds } from '../core/time.ts'
import { cached } from '../policy/cached.ts'
import type { CompiledPolicy } from '../policy/compiled-policy.ts'
import { type ActivePolicies, createPolicySet } from '../policy/policy-set.ts'
import { defaultResultRules, type ResultRules } from '../policy/read-result.ts'
import type { SecondLevel } from '../policy/second-level.ts'
import type { CacheStore, Policy } from '../seams.ts'
import type { Traces } from '../telemetry/traces.ts'
import type { AnsweringLog } from './record-builtin-answers.ts'
import { traceEvaluation, traceRecall } from './trace-decisions.ts'

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

/** An empty set of policies, behind their cache if there is one, with spans if there are any. */
export function createPolicies(
  { limits, policy_headers }: Config,
  stores: DecisionStores | undefined,
  onBuiltinAnswers: AnsweringLog['onBuiltinAnswers'],
  clock: Clock,
  traces?: Traces,
): ActivePolicies {
  const rules = {
    ...defaultResultRules,
    maximumTtl: seconds(limits.policy_ttl_max_s),
    requestHeaders: new Set(policy_headers.request),
    responseHeaders: new Set(policy_headers.response),
  }
  if (!stores && !traces) return createPolicySet({ rules, clock, onBuiltinAnswers })
  const decorate = (policy: CompiledPolicy, of: ResultRules): Policy => {
    const evaluated = traces ? traceEvaluation(policy, traces) : policy
    if (!stores) return evaluated
    const recalled = decorated(evaluated, stores, of)
    return traces ? traceRecall(recalled, traces) : recalled
  }
  return createPolicySet({ rules, clock, onBuiltinAnswers, decorate })
}

const decorated = (policy: CompiledPolicy, { store, shared, random }: DecisionStores, rules: ResultRules): Policy =>
  cached(policy, store, { rules, maximumAllow: rules.maximumTtl, random, ...(shared && { shared: shared() }) })
