import type { Caller } from '../core/caller.ts'
import type { PolicyIdentity } from '../core/draft.ts'
import type { Service } from '../core/service.ts'
import type { Clock, Instant } from '../core/time.ts'
import type { PolicySet } from '../seams.ts'
import { type BundlePolicies, bundlePolicies, type BundlePoliciesOptions } from './bundle-policies.ts'
import type { IsolatePool } from './isolated/isolate-pool.ts'
import type { LoadedBundle } from './load-bundle.ts'
import { defaultResultRules, type ResultRules } from './read-result.ts'
import { observedPolicy } from './rollout/observed-policy.ts'
import type { Trial } from './rollout/trial.ts'

export interface PolicySetOptions extends Pick<BundlePoliciesOptions, 'decorate' | 'onBuiltinAnswers'> {
  /** What results may hold; absent: no headers, an hour of reuse. */
  readonly rules?: ResultRules
  /** From when a bundle expires nothing of it decides. Absent: those that expire decide nothing at all. */
  readonly clock?: Clock
}

/** A bundle, and the threads that evaluate it; absent: this one. */
export interface EvaluatedBundle {
  readonly bundle: LoadedBundle
  readonly pool?: IsolatePool
}

export interface ActivePolicies extends PolicySet {
  /**
   * Makes a bundle the active one of its name, all entrypoints at once, and ends what was tried beside the one before it.
   * Asks under way keep the policy they took. Evaluated on this thread, or on those of a pool that was made of this very bundle.
   */
  activate(name: string, bundle: LoadedBundle, pool?: IsolatePool): PolicyIdentity
  /**
   * Tries a candidate beside the active bundle of its name: it decides for whom the trial says, and its answers are compared
   * with those of the active one. `background`: whichever of the two a decision is not made by, as it is evaluated then;
   * nothing of that is cached or recorded. Answers the function that ends it.
   */
  tryOut(name: string, candidate: EvaluatedBundle, background: EvaluatedBundle, trial: Trial): () => void
}

interface Tried {
  readonly candidate: BundlePolicies
  readonly background: BundlePolicies
  readonly trial: Trial
  readonly expires?: Instant
}

interface ActiveBundle {
  readonly policies: BundlePolicies
  readonly expires?: Instant
  tried?: Tried
}

/** The active policies, by bundle, dialect and entrypoint. Empty at first; undefined for an entrypoint that the bundle lacks. */
export function createPolicySet({
  rules = defaultResultRules,
  decorate,
  onBuiltinAnswers,
  clock,
}: PolicySetOptions = {}): ActivePolicies {
  const active = new Map<string, ActiveBundle>()
  const isOver = ({ expires }: { readonly expires?: Instant }) =>
    expires !== undefined && (clock === undefined || clock() >= expires)
  const policiesOf = (name: string, { bundle, pool }: EvaluatedBundle) =>
    bundlePolicies(name, bundle, {
      rules,
      ...(decorate && { decorate }),
      ...(onBuiltinAnswers && { onBuiltinAnswers }),
      ...(pool && { pool }),
    })
  return {
    async active(service: Service, caller?: Caller) {
      const bundle = active.get(service.policy)
      if (bundle === undefined || isOver(bundle)) return undefined
      return bundle.tried && !isOver(bundle.tried)
        ? tried(bundle.tried, bundle.policies, service, caller)
        : bundle.policies.of(service)
    },
    activate(name, bundle, pool) {
      const policies = policiesOf(name, { bundle, ...(pool && { pool }) })
      const expires = bundle.signed?.statement.expires
      active.set(name, { policies, ...(expires !== undefined && { expires }) })
      return policies.identity
    },
    tryOut(name, candidate, { bundle, pool }, trial) {
      const held = active.get(name)
      if (!held) throw new Error(`no bundle \`${name}\` is active`)
      const background = bundlePolicies(name, bundle, { rules, ...(pool && { pool }) })
      const expires = candidate.bundle.signed?.statement.expires
      const policies = policiesOf(name, candidate)
      const tried: Tried = { candidate: policies, background, trial, ...(expires !== undefined && { expires }) }
      held.tried = tried
      return () => {
        if (held.tried === tried) delete held.tried
      }
    },
  }
}

function tried({ candidate, background, trial }: Tried, active: BundlePolicies, service: Service, caller?: Caller) {
  const isChosen = trial.decides(caller)
  const policy = (isChosen ? candidate : active).of(service)
  const other = isChosen || trial.shadows ? background.of(service) : undefined
  return policy && other ? observedPolicy(policy, other, trial, service.obligations) : policy
}
