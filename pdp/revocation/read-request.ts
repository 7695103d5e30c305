import { clauses } from '../core/clause.ts'
import { isObject, type JsonObject, type JsonValue, member } from '../core/json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Instant } from '../core/time.ts'
import type { Lift, Revoke } from './change.ts'
import { readTime } from './change.ts'
import { isSubjectTarget, readTarget } from './read-target.ts'

export const requestClauses = clauses({
  form: 'revocation-request-form',
  reason: 'revocation-request-reason',
  time: 'revocation-request-time',
  notBefore: 'revocation-request-not-before',
})

/** Who asks for a change, when, and what it will be known by. */
export interface Author {
  readonly id: string
  readonly at: Instant
  readonly by: string
}

const maximumReason = 500

/** Reads what an operator wants revoked: `{target, reason, until?, not_before?}`. */
export function readRevoke(body: JsonValue | undefined, author: Author): Result<Revoke> {
  const known = readKnown(body, ['target', 'reason', 'until', 'not_before'])
  if (!known.ok) return known
  const { json, target, reason } = known.value
  const [until, notBefore] = [readTime(member(json, 'until')), readTime(member(json, 'not_before'))]
  for (const name of ['until', 'not_before']) {
    if (member(json, name) !== undefined && readTime(member(json, name)) === undefined) {
      return refuse('REQUEST_MALFORMED', requestClauses.time, `${name} must be a time such as 2026-03-02T12:00:00.000Z`)
    }
  }
  if (until !== undefined && until <= author.at) {
    return refuse('REQUEST_MALFORMED', requestClauses.time, 'until must be in the future')
  }
  const revoke = { act: 'revoke' as const, ...author, reason, ...(until !== undefined && { until }) }
  if (notBefore === undefined) return ok({ ...revoke, target })
  return isSubjectTarget(target)
    ? ok({ ...revoke, target, notBefore })
    : refuse(
        'REQUEST_MALFORMED',
        requestClauses.notBefore,
        'not_before goes with a target by subject or subject-prefix',
      )
}

/** Reads what an operator wants lifted: `{target, reason}`. `idsOf` answers what of it is in force. */
export function readLift(
  body: JsonValue | undefined,
  author: Author,
  idsOf: (target: Lift['target']) => readonly string[],
): Result<Lift> {
  const known = readKnown(body, ['target', 'reason'])
  if (!known.ok) return known
  const { target, reason } = known.value
  return ok({ act: 'lift', ...author, reason, target, ends: idsOf(target) })
}

function readKnown(body: JsonValue | undefined, names: readonly string[]) {
  if (body === undefined || !isObject(body) || !Object.keys(body).every((name) => names.includes(name))) {
    return refuse('REQUEST_MALFORMED', requestClauses.form, `body must be an object of ${names.join(', ')}`)
  }
  const target = readTarget(member(body, 'target'))
  if (!target.ok) return target
  const reason = readReason(body)
  return reason === undefined
    ? refuse('REQUEST_MALFORMED', requestClauses.reason, `reason must be a text of 1 to ${maximumReason} characters`)
    : ok({ json: body, target: target.value, reason })
}

function readReason(body: JsonObject): string | undefined {
  const reason = member(body, 'reason')
  return typeof reason === 'string' && reason.trim() !== '' && reason.length <= maximumReason ? reason : undefined
}
