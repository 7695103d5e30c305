import type { Delegate, Fact } from '../core/caller.ts'
import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Bound } from './bind.ts'

export const joinClauses = clauses({
  subject: 'join-one-subject',
  fact: 'join-one-value-per-fact',
})

/** Credentials that agree on one subject, with the facts they prove together. */
export interface Joined {
  readonly primary: Bound
  readonly all: readonly Bound[]
  readonly facts: readonly Fact[]
  readonly delegation: readonly Delegate[]
}

/**
 * Joins credentials into one subject: equal issuer and id, or the certificate that the first is bound to; and one value
 * per fact, else CREDENTIAL_CONFLICT.
 */
export function join([primary, ...others]: readonly [Bound, ...Bound[]]): Result<Joined> {
  if (!others.every((other) => isSameSubject(primary, other) || isBoundTo(primary, other))) {
    return refuse('CREDENTIAL_CONFLICT', joinClauses.subject, 'credentials name different subjects')
  }
  const all = [primary, ...others]
  const facts = new Map<string, Fact>()
  for (const fact of all.flatMap(({ verified }) => verified.facts)) {
    const known = facts.get(fact.name)
    if (known && known.value !== fact.value) {
      return refuse('CREDENTIAL_CONFLICT', joinClauses.fact, `two values for the fact \`${fact.name}\``)
    }
    if (!known) facts.set(fact.name, fact)
  }
  return ok({
    primary,
    all,
    facts: [...facts.values()],
    delegation: all.flatMap(({ verified }) => verified.delegation),
  })
}

const isSameSubject = ({ verified: { subject: a } }: Bound, { verified: { subject: b } }: Bound): boolean =>
  a.issuer === b.issuer && a.id === b.id

/** RFC 8705 §3: whoever issued the token tied it to this very certificate, whatever name stands in either. */
const isBoundTo = ({ verified }: Bound, { possession }: Bound): boolean =>
  verified.confirmation?.x5tS256 !== undefined &&
  possession?.possession === 'channel' &&
  possession.keyThumbprint === verified.confirmation.x5tS256
