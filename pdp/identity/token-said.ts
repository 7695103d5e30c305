import type { VerificationKey } from '../core/key.ts'
import type { Instant } from '../core/time.ts'
import type { TokenTimes } from '../jose/check-times.ts'
import type { Verified } from '../seams.ts'
import { revocableParties, revocableSignature } from './revocable-token.ts'

/** What a signed token says, whoever signed it and whenever it is read; `revocable` of what it says alone. */
export type TokenSaid = Omit<Verified, 'issuedAt' | 'expiresAt' | 'attestedAt' | 'knownUntil'>

/** The same as verified: under this key, at these times. Without `iat` it counts as issued now, and as attested never. */
export function verifiedToken(
  said: TokenSaid,
  { id }: VerificationKey,
  { issuedAt, expiresAt }: TokenTimes,
  now: Instant,
): Verified {
  const since = issuedAt ?? now
  const revocable = [
    ...revocableSignature(said.subject, id, since),
    ...said.revocable,
    ...revocableParties(said.delegation, since),
  ]
  const verified = { ...said, issuedAt: since, expiresAt, revocable }
  return issuedAt === undefined ? verified : { ...verified, attestedAt: issuedAt }
}
