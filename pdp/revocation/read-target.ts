import { clauses } from '../core/clause.ts'
import { isObject, type JsonValue, member } from '../core/json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { RevocationTarget, SubjectTarget } from './revocation-key.ts'

export const targetClauses = clauses({
  form: 'revocation-target-form',
  prefix: 'revocation-target-prefix',
})

/** The members of each kind of target, besides `by`. */
const members: { readonly [By in RevocationTarget['by']]: readonly string[] } = {
  subject: ['issuer', 'id'],
  'subject-prefix': ['issuer', 'prefix'],
  jti: ['issuer', 'id'],
  'key-id': ['issuer', 'id'],
  serial: ['issuer', 'id'],
  'key-thumbprint': ['id'],
  'trust-domain': ['id'],
  fact: ['name', 'id'],
}

const maximumLength = 2_048

/** Reads a target out of JSON: `{by: 'jti', issuer, id}`, in exactly the members of its kind. */
export function readTarget(value: JsonValue | undefined): Result<RevocationTarget> {
  const by = value !== undefined && isObject(value) ? member(value, 'by') : undefined
  if (value === undefined || !isObject(value) || typeof by !== 'string' || !Object.hasOwn(members, by)) {
    return malformed(`target must have \`by\`, one of ${Object.keys(members).join(', ')}`)
  }
  const names = members[by as RevocationTarget['by']] // it is one of the table's own
  const isPart = (part: JsonValue | undefined) =>
    typeof part === 'string' && part !== '' && part.length <= maximumLength
  if (Object.keys(value).length !== names.length + 1 || !names.every((name) => isPart(member(value, name)))) {
    return malformed(`a target by ${by} has ${names.join(' and ')}, texts of 1 to ${maximumLength} characters`)
  }
  const target = value as unknown as RevocationTarget // its members are those of its kind, all of them texts
  return target.by === 'subject-prefix' && target.prefix.endsWith('/')
    ? refuse(
        'REQUEST_MALFORMED',
        targetClauses.prefix,
        'prefix must name whole path segments, without a slash at its end',
      )
    : ok(target)
}

const malformed = (detail: string) => refuse('REQUEST_MALFORMED', targetClauses.form, detail)

export const isSubjectTarget = (target: RevocationTarget): target is SubjectTarget =>
  target.by === 'subject' || target.by === 'subject-prefix'
