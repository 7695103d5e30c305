import type { Assurance } from '../core/caller.ts'
import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import type { Service } from '../core/service.ts'
import { between, earliest, type Instant, plus } from '../core/time.ts'
import type { Joined } from './join.ts'
import { stepUp } from './step-up.ts'

export const demandClauses = clauses({
  attestationKnown: 'service-attestation-time-known',
  attestationAge: 'service-attestation-age',
  assurance: 'service-minimum-assurance',
})

/** What a service demands of its callers beyond a credential that is valid: fresh attestation, a level of assurance. */
export function checkDemands(
  joined: Joined,
  assurance: Assurance,
  service: Service,
  now: Instant,
): Refusal | undefined {
  return checkAge(joined, service, now) ?? checkLevel(joined, assurance, service)
}

/** No credential of the caller may have been vouched for longer ago than the service takes; nor at a time nobody knows. */
function checkAge({ all }: Joined, { maxAttestationAge }: Service, now: Instant): Refusal | undefined {
  if (maxAttestationAge === undefined) return undefined
  for (const { verified } of all) {
    if (verified.attestedAt === undefined) {
      return refuse(
        'ATTESTATION_STALE',
        demandClauses.attestationKnown,
        'credential does not say when it was issued, and this service limits how long ago that may be',
      )
    }
    // negated so that an age that is not a number counts as too old
    if (!(between(verified.attestedAt, now) <= maxAttestationAge)) {
      return refuse(
        'ATTESTATION_STALE',
        demandClauses.attestationAge,
        `issued more than ${maxAttestationAge} s ago: get a new credential`,
      )
    }
  }
  return undefined
}

function checkLevel({ primary }: Joined, { level }: Assurance, { minimumAssurance }: Service): Refusal | undefined {
  return minimumAssurance === undefined || level >= minimumAssurance
    ? undefined
    : refuse(
        'ASSURANCE_REQUIRED',
        demandClauses.assurance,
        `level of assurance is ${level}, and this service needs ${minimumAssurance}: ${stepUp(primary.verified.method).message}`,
      )
}

/** When what a caller showed stops being enough for this service: its end, or that of what is known of it. */
export function endOf({ all, presented }: Joined, { maxAttestationAge }: Service): Instant {
  let end = Number.POSITIVE_INFINITY as Instant // there is one credential at least, and each ends
  for (const { verified } of presented) {
    end = earliest(end, earliest(verified.expiresAt, verified.knownUntil ?? verified.expiresAt))
  }
  if (maxAttestationAge === undefined) return end
  for (const { verified } of all) end = earliest(end, plus(verified.attestedAt ?? end, maxAttestationAge))
  return end
}
