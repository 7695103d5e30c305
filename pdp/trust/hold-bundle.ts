import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Instant, Seconds } from '../core/time.ts'
import type { AnchorSource, TrustSource } from '../seams.ts'
import { holdAuthorities } from './hold-authorities.ts'
import { holdSnapshot } from './hold-snapshot.ts'
import type { SpiffeBundle } from './read-spiffe-bundle.ts'
import { takeSnapshot } from './snapshot.ts'
import type { ObservedTrustSource } from './status.ts'

export const holdBundleClauses = clauses({ rollback: 'spiffe-bundle-4.1.1-rollback' })

/** The one place of a source where the bundle of a trust domain stands: keys for JWT-SVIDs, authorities for X.509-SVIDs. */
export interface BundleHolder extends ObservedTrustSource, AnchorSource {
  /** The keys of the bundle for WIT-SVIDs, which its use keeps apart (WIT-SVID §6.2). */
  readonly witKeys: TrustSource
  /** The bundle in use; absent before the first good one. */
  bundle(): SpiffeBundle | undefined
  /** Takes the outcome of an attempt: a bundle replaces the last whole, a refusal leaves it and is remembered. */
  settle(outcome: Result<SpiffeBundle>, asOf: Instant): Result<void>
}

/**
 * Makes an empty holder. A bundle of a lower sequence than the last one, or of none after one with, is refused: it is
 * older, and may bring back a key that was withdrawn.
 */
export function holdBundle(name: string, maxStale: Seconds): BundleHolder {
  const keys = holdSnapshot(name, maxStale)
  const witKeys = holdSnapshot(name, maxStale)
  const authorities = holdAuthorities(name, maxStale)
  let current: SpiffeBundle | undefined
  return {
    asOf: keys.asOf,
    status: () => ({ ...keys.status(), keys: keys.status().keys + authorities.status().keys }),
    keys: async (hint, { now }) => keys.select(hint, now),
    witKeys: { asOf: witKeys.asOf, keys: async (hint, { now }) => witKeys.select(hint, now) },
    anchors: authorities.anchors,
    bundle: () => current,
    settle(outcome, asOf) {
      const newer = outcome.ok ? checkSequence(current, outcome.value) : outcome
      const wit = newer.ok ? takeSnapshot(newer.value.witKeys, asOf) : newer
      const taken = newer.ok && wit.ok ? takeSnapshot(newer.value.jwtKeys, asOf) : wit
      keys.settle(taken)
      if (!newer.ok) return newer
      if (!taken.ok) return taken
      witKeys.settle(wit)
      current = newer.value
      authorities.settle(ok({ list: current.x509Authorities, asOf }))
      return ok(undefined)
    },
  }
}

function checkSequence(current: SpiffeBundle | undefined, next: SpiffeBundle): Result<SpiffeBundle> {
  if (current?.sequence === undefined) return ok(next)
  if (next.sequence === undefined || next.sequence < current.sequence) {
    return refuse('TRUST_UNAVAILABLE', holdBundleClauses.rollback, 'bundle has a lower sequence than the last one')
  }
  return ok(next)
}
