import { instant, plus, seconds } from '../../pdp/core/time.ts'
import type { Lift, Revoke } from '../../pdp/revocation/change.ts'
import type { RevocationTarget } from '../../pdp/revocation/revocation-key.ts'
import { noon } from './clock.ts'

/** A revocation of a token, by a name that is also its id. */
export const revokeOf = (id: string, target: RevocationTarget = tokenOf(id), until?: number): Revoke => ({
  act: 'revoke',
  id,
  at: noon,
  by: 'alice',
  reason: 'stolen',
  target,
  ...(until !== undefined && { until: plus(noon, seconds(until)) }),
})

/** The end of revocations of one target. */
export const liftOf = (id: string, target: RevocationTarget, ends: readonly string[], after = 0): Lift => ({
  act: 'lift',
  id,
  at: instant(noon + after * 1_000),
  by: 'bob',
  reason: 'found again',
  target,
  ends,
})

export const tokenOf = (id: string): RevocationTarget => ({ by: 'jti', issuer: 'https://issuer.example', id })
