import type { Delegate, Fact } from '../core/caller.ts'
import { clauses } from '../core/clause.ts'
import { member } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type { Bound } from './bind.ts'
import type { IsLinked } from './links.ts'

export const joinClauses = clauses({
  subject: 'join-one-subject',
  present: 'join-subject-present',
  actor: 'join-actor-is-caller',
  fact: 'join-one-value-per-fact',
})

/**
 * Credentials that agree on one subject, with the facts they prove together.
 *
 * - `all`: those of the subject, the primary first. `presented`: beside them those of parties it acts for, which feed
 *   `delegation` and nothing else.
 */
export interface Joined {
  readonly primary: Bound
  readonly all: readonly Bound[]
  readonly presented: readonly Bound[]
  readonly facts: readonly Fact[]
  readonly delegation: readonly Delegate[]
}

/**
 * Joins credentials into one subject: equal issuer and id, a configured link, or the certificate that a token is bound
 * to; and one value per fact, else CREDENTIAL_CONFLICT. Of linked ones, the SPIFFE ID names the subject. Delegation needs
 * a caller beside it, and where it names its actor (RFC 8693 §4.1) that is the caller.
 */
export function join(bound: readonly Bound[], isLinked: IsLinked): Result<Joined> {
  const [only, second] = bound
  if (only && !second && only.verified.role !== 'delegation') return joinedOf(only, bound, bound) // the usual case
  const own = bound.filter(({ verified }) => verified.role !== 'delegation')
  const delegated = bound.filter(({ verified }) => verified.role === 'delegation')
  const primary = primaryOf(own, isLinked)
  if (!primary) {
    return refuse('CREDENTIAL_MISSING', joinClauses.present, 'a credential of the caller itself is needed as well')
  }
  const others = own.filter((each) => each !== primary)
  const conflict = conflictOf(primary, others, delegated, isLinked)
  if (conflict) return conflict
  const all = [primary, ...others]
  return joinedOf(primary, all, [...all, ...delegated])
}

function joinedOf(primary: Bound, all: readonly Bound[], presented: readonly Bound[]): Result<Joined> {
  const facts = joinFacts(all)
  if (!facts.ok) return facts
  const delegation: Delegate[] = []
  for (const { verified } of presented) delegation.push(...verified.delegation)
  return ok({ primary, all, presented, facts: facts.value, delegation })
}

function primaryOf(own: readonly Bound[], isLinked: IsLinked): Bound | undefined {
  const [first] = own
  return (
    own.find(
      ({ verified }) => first && verified.subject.spiffe && isLinked(first.verified.subject, verified.subject),
    ) ?? first
  )
}

function conflictOf(
  primary: Bound,
  others: readonly Bound[],
  delegated: readonly Bound[],
  isLinked: IsLinked,
): Refusal | undefined {
  const isPrimary = ({ verified }: Bound): boolean =>
    isSameSubject(primary, verified) || isLinked(primary.verified.subject, verified.subject)
  const own = [primary, ...others]
  if (!others.every((other) => isPrimary(other) || own.some((each) => isBoundTo(each, other)))) {
    return refuse('CREDENTIAL_CONFLICT', joinClauses.subject, 'credentials name different subjects')
  }
  const namesActor = ({ verified }: Bound): boolean => member(verified.claims, 'act') !== undefined
  return delegated.every((each) => !namesActor(each) || isPrimary(each))
    ? undefined
    : refuse('CREDENTIAL_CONFLICT', joinClauses.actor, 'delegation was given to another actor than the caller')
}

function joinFacts(all: readonly Bound[]): Result<readonly Fact[]> {
  const facts: Fact[] = [] // a few: looked through is found sooner than in a map
  for (const { verified } of all) {
    for (const fact of verified.facts) {
      const known = facts.find(({ name }) => name === fact.name)
      if (known && known.value !== fact.value) {
        return refuse('CREDENTIAL_CONFLICT', joinClauses.fact, `two values for the fact \`${fact.name}\``)
      }
      if (!known) facts.push(fact)
    }
  }
  return ok(facts)
}

const isSameSubject = ({ verified: { subject: a } }: Bound, { subject: b }: Bound['verified']): boolean =>
  a.issuer === b.issuer && a.id === b.id

/** RFC 8705 §3: whoever issued the token tied it to this very certificate, whatever name stands in either. */
const isBoundTo = ({ verified }: Bound, { possession }: Bound): boolean =>
  verified.confirmation?.x5tS256 !== undefined &&
  possession?.possession === 'channel' &&
  possession.keyThumbprint === verified.confirmation.x5tS256
