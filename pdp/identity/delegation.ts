import type { Delegate, SubjectId } from '../core/caller.ts'
import { clauses } from '../core/clause.ts'
import { isObject, type JsonObject, member, stringMember } from '../core/json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { subjectIdOf } from './subject-id.ts'

export const delegationClauses = clauses({
  form: 'rfc8693-4.1-act-form',
  depth: 'rfc8693-4.1-act-depth',
  spiffe: 'subject-spiffe-only-from-svid',
})

/** Who calls, and on whose behalf. */
export interface Parties {
  readonly subject: SubjectId
  readonly delegation: readonly Delegate[]
}

const maximumDepth = 4

/**
 * Reads the parties of an issuer's token (RFC 8693 §4.1). Without `act` the subject is `sub`. With it the outermost
 * actor is the caller, `sub` is the party it acts for and stands first in the delegation, and earlier actors follow.
 * A delegate's `id` is the bare `sub` of its issuer. A token in the role of delegation speaks for no caller: without
 * `act`, too, its `sub` is a party acted for.
 */
export function readParties(
  issuer: string,
  sub: string,
  claims: JsonObject,
  role: 'subject' | 'delegation' = 'subject',
): Result<Parties> {
  const actors = readActors(issuer, claims)
  if (!actors.ok) return actors
  const [caller, ...earlier] = actors.value
  const subject = caller ?? { issuer, id: sub }
  if (subject.id.startsWith('spiffe://') || sub.startsWith('spiffe://')) {
    return refuse('CREDENTIAL_REFUSED', delegationClauses.spiffe, 'only an SVID may name a SPIFFE ID')
  }
  const acts = caller !== undefined || role === 'delegation'
  const delegation = acts ? [{ issuer, id: sub, claims: withoutActors(claims) }, ...earlier] : []
  return ok({
    subject: { issuer: subject.issuer, id: subjectIdOf(subject.issuer, subject.id) },
    delegation,
  })
}

function readActors(issuer: string, claims: JsonObject): Result<readonly Delegate[]> {
  const actors: Delegate[] = []
  for (let act = member(claims, 'act'); act !== undefined; act = member(act, 'act')) {
    if (actors.length === maximumDepth) {
      return refuse('CREDENTIAL_REFUSED', delegationClauses.depth, `act is nested deeper than ${maximumDepth}`)
    }
    const id = isObject(act) ? stringMember(act, 'sub') : undefined
    if (!isObject(act) || !id)
      return refuse('CREDENTIAL_MALFORMED', delegationClauses.form, 'act must be an object with a sub')
    // An actor of another issuer would be that issuer's word in this issuer's mouth.
    if (member(act, 'iss') !== undefined && member(act, 'iss') !== issuer) {
      return refuse('CREDENTIAL_REFUSED', delegationClauses.form, 'act names another issuer')
    }
    actors.push({ issuer, id })
  }
  return ok(actors)
}

const withoutActors = (claims: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => name !== 'act'))
