import type { RegisteredKey } from '../../core/client.ts'
import type { JsonObject } from '../../core/json.ts'
import { earliest, type Instant } from '../../core/time.ts'
import type { RevocationKey, Use, Verified } from '../../seams.ts'
import { subjectIdOf } from '../subject-id.ts'

/**
 * How a client proved itself.
 *
 * - `issuer`: of the subjects of the registry. `claims`: what the credential says beside what is registered.
 * - `issuedAt`, `expiresAt`: of what was presented, where it has times of its own; else those of its registration.
 */
export interface ClientProof {
  readonly issuer: string
  readonly strength: 0 | 1 | 2
  readonly trustAsOf: Instant
  readonly claims?: JsonObject
  readonly issuedAt?: Instant
  readonly expiresAt?: Instant
  readonly knownUntil?: Instant
  readonly once?: readonly Use[]
  readonly revocable?: readonly RevocationKey[]
}

/**
 * A client that proved itself with this credential: `<issuer>#<client id>`, with its facts, its scopes as the claim `scope`,
 * and its ceiling. It can be revoked by its subject, by the id of the credential and by its facts.
 */
export function verifiedClient({ client, key }: RegisteredKey, proof: ClientProof): Verified {
  const { issuer, strength, trustAsOf, claims = {}, once = [], revocable = [], knownUntil } = proof
  const subject = { issuer, id: subjectIdOf(issuer, client.id) }
  const issuedAt = proof.issuedAt ?? key.createdAt
  const ends = [proof.expiresAt, key.expiresAt, client.expiresAt].filter((end) => end !== undefined)
  return {
    method: key.method,
    subject,
    claims: { ...claims, client_id: client.id, key_id: key.id, scope: client.scopes.join(' ') },
    facts: client.facts,
    issuedAt,
    expiresAt: ends.reduce(earliest, Number.POSITIVE_INFINITY as Instant), // each kind has an end, by its schema or its own
    audienceBound: client.services.size === 1,
    attested: false, // somebody registered it; nothing looked at the workload
    strength,
    trustAsOf,
    ...(client.ceiling !== undefined && { ceiling: client.ceiling }),
    ...(knownUntil !== undefined && { knownUntil }),
    delegation: [],
    once,
    revocable: [
      { by: 'subject', ...subject, issuedAt },
      { by: 'key-id', issuer, id: key.id },
      ...client.facts.map(({ name, value }) => ({ by: 'fact' as const, name, id: value })),
      ...revocable,
    ],
  }
}
