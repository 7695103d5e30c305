import type { Delegate, Fact, SubjectId } from '../core/caller.ts'
import { stringMember } from '../core/json.ts'
import type { Jwt } from '../core/jwt.ts'
import type { Instant } from '../core/time.ts'
import type { RevocationKey } from '../seams.ts'
import { subjectIdOf } from './subject-id.ts'

/** What can be revoked of a token as it was signed: its subject, the key that signed it. */
export const revocableSignature = (
  { issuer, id }: SubjectId,
  signer: string,
  issuedAt: Instant,
): readonly RevocationKey[] => [
  { by: 'subject', issuer, id, issuedAt },
  { by: 'key-thumbprint', id: signer },
]

/** What can be revoked of a token whoever signed it: its own id, the name its issuer has for the key. */
export function revocableIds(issuer: string, { claims, header: { kid } }: Jwt): readonly RevocationKey[] {
  const jti = stringMember(claims, 'jti')
  return [
    ...(jti === undefined ? [] : [{ by: 'jti' as const, issuer, id: jti }]),
    ...(kid === undefined ? [] : [{ by: 'key-id' as const, issuer, id: kid }]),
  ]
}

/** Facts that can be revoked, whoever has them. */
export const revocableFacts = (facts: readonly Fact[]): readonly RevocationKey[] =>
  facts.map(({ name, value }) => ({ by: 'fact', name, id: value }))

/** The parties acted for: none of them lends its name any more once it is revoked. */
export const revocableParties = (parties: readonly Delegate[], issuedAt?: Instant): readonly RevocationKey[] =>
  parties.map(({ issuer, id }) => ({
    by: 'subject',
    issuer,
    id: subjectIdOf(issuer, id),
    ...(issuedAt !== undefined && { issuedAt }),
  }))
