import { clauses } from '../core/clause.ts'
import type { VerificationKey } from '../core/key.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Instant, Seconds } from '../core/time.ts'
import type { KeyHint } from '../seams.ts'
import { checkFresh } from './check-fresh.ts'
import type { Snapshot } from './snapshot.ts'

export const selectKeysClauses = clauses({
  kid: 'rfc7515-4.1.4-kid-known',
  algorithm: 'rfc8725-3.1-key-algorithm',
})

/**
 * The keys that a token with this hint may be signed by: with a `kid` exactly that key, without one every key that
 * allows the algorithm. Never an empty list.
 *
 * Errors: TRUST_UNAVAILABLE without a snapshot or with one older than `maxStale`, KEY_UNKNOWN where no key fits.
 */
export function selectKeys(
  snapshot: Snapshot | undefined,
  hint: KeyHint,
  now: Instant,
  maxStale: Seconds,
): Result<readonly VerificationKey[]> {
  const fresh = checkFresh(snapshot, now, maxStale)
  if (!fresh.ok) return fresh
  return hint.kid === undefined ? byAlgorithm(fresh.value, hint) : byKid(fresh.value, hint.kid, hint)
}

function byKid(snapshot: Snapshot, kid: string, hint: KeyHint): Result<readonly VerificationKey[]> {
  const key = snapshot.byKid.get(kid)
  if (!key) return refuse('KEY_UNKNOWN', selectKeysClauses.kid, 'no key has this kid; the issuer may have removed it')
  return key.algorithms.includes(hint.algorithm)
    ? ok([key])
    : refuse('KEY_UNKNOWN', selectKeysClauses.algorithm, 'the key of this kid is not for this algorithm')
}

function byAlgorithm(snapshot: Snapshot, hint: KeyHint): Result<readonly VerificationKey[]> {
  const keys = snapshot.keys.filter(({ algorithms }) => algorithms.includes(hint.algorithm))
  return keys.length > 0
    ? ok(keys)
    : refuse('KEY_UNKNOWN', selectKeysClauses.algorithm, 'no key is for this algorithm, and the token has no kid')
}
