import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { between, type Instant, type Seconds } from '../core/time.ts'

export const checkFreshClauses = clauses({
  loaded: 'trust-loaded',
  fresh: 'trust-fresh',
})

/** The snapshot, if there is one and it is not older than it may serve. Errors: TRUST_UNAVAILABLE. */
export function checkFresh<S extends { readonly asOf: Instant }>(
  snapshot: S | undefined,
  now: Instant,
  maxStale: Seconds,
): Result<S> {
  if (!snapshot) {
    return refuse(
      'TRUST_UNAVAILABLE',
      checkFreshClauses.loaded,
      'no keys were loaded yet; see the status of the source',
    )
  }
  // Negated so that an age or a limit that is not a number counts as too old.
  return between(snapshot.asOf, now) <= maxStale
    ? ok(snapshot)
    : refuse('TRUST_UNAVAILABLE', checkFreshClauses.fresh, 'keys are older than the source may serve them')
}
