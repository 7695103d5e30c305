import { clauses } from '../../core/clause.ts'
import type { RegisteredKey } from '../../core/client.ts'
import type { Frame } from '../../core/frame.ts'
import { isInRange } from '../../core/ip-address.ts'
import { type Refusal, refuse } from '../../core/result.ts'
import type { Expected } from '../../seams.ts'

export const registeredClauses = clauses({
  client: 'client-active',
  key: 'client-key-active',
  begins: 'client-key-not-before',
  ends: 'client-key-expires',
  service: 'client-service',
  source: 'client-source-known',
  range: 'client-source-range',
})

/**
 * Whether a registered credential may be used for this service, from there, now. Asked only once the credential was proved:
 * nobody else learns how it stands.
 */
export function checkRegistered(
  { client, key }: RegisteredKey,
  { service, sourceAddress }: Expected,
  { now }: Frame,
): Refusal | undefined {
  if (client.status !== 'active') return refuse('REVOKED', registeredClauses.client, 'client is disabled')
  if (key.status !== 'active') return refuse('REVOKED', registeredClauses.key, 'credential of the client is revoked')
  if (key.notBefore !== undefined && now < key.notBefore) {
    return refuse('NOT_YET_VALID', registeredClauses.begins, 'credential of the client is not good yet')
  }
  for (const end of [key.expiresAt, client.expiresAt]) {
    // negated so that an end that is no number counts as passed
    if (end !== undefined && !(now < end)) {
      return refuse('EXPIRED', registeredClauses.ends, 'registration has ended: get a new credential')
    }
  }
  if (!client.services.has(service.name)) {
    return refuse('AUDIENCE_REFUSED', registeredClauses.service, 'client is not registered for this service')
  }
  if (client.ranges.length === 0) return undefined
  if (!sourceAddress) {
    return refuse(
      'CREDENTIAL_REFUSED',
      registeredClauses.source,
      'client may call from some addresses alone, and nobody vouches for this one: set vouch.source_address',
    )
  }
  return client.ranges.some((range) => isInRange(sourceAddress, range))
    ? undefined
    : refuse('CREDENTIAL_REFUSED', registeredClauses.range, 'client may not call from this address')
}
