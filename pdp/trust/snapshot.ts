import { clauses } from '../core/clause.ts'
import type { VerificationKey } from '../core/key.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type { Instant } from '../core/time.ts'

/** Keys as they were read, and why others of the same set were left out. */
export interface KeySet {
  readonly keys: readonly VerificationKey[]
  readonly ignored?: readonly Refusal[]
}

/** The keys of one anchor at one moment. Never changed: a source swaps it whole. */
export interface Snapshot {
  readonly keys: readonly VerificationKey[]
  readonly byKid: ReadonlyMap<string, VerificationKey>
  readonly ignored: readonly Refusal[]
  readonly asOf: Instant
}

export const snapshotClauses = clauses({
  count: 'trust-key-count',
  kid: 'rfc7517-4.5-kid-distinct',
})

/** The most keys one set may hold: a token without `kid` is tried with each. */
export const maximumKeys = 100

/**
 * Makes a snapshot. Two keys under one `kid` refuse the set, for neither can be said to be the one meant. An empty set
 * is a snapshot too: it knows no key, so everything is refused. Errors: TRUST_UNAVAILABLE.
 */
export function takeSnapshot({ keys, ignored = [] }: KeySet, asOf: Instant): Result<Snapshot> {
  if (keys.length > maximumKeys) {
    return refuse('TRUST_UNAVAILABLE', snapshotClauses.count, `a key set may hold ${maximumKeys} keys at most`)
  }
  const byKid = new Map<string, VerificationKey>()
  for (const key of keys) {
    if (key.kid === undefined) continue
    if (byKid.has(key.kid)) {
      return refuse('TRUST_UNAVAILABLE', snapshotClauses.kid, 'two keys of a set must not have one kid')
    }
    byKid.set(key.kid, key)
  }
  return ok({ keys: [...keys], byKid, ignored, asOf })
}
