import { clauses } from '../../core/clause.ts'
import { isObject, type JsonObject, member, stringMember } from '../../core/json.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

export const principalClauses = clauses({
  active: 'aws-iam-sts-accepted',
  shape: 'aws-iam-answer-shape',
  kind: 'aws-iam-principal-kind',
})

/**
 * Who STS says that signed.
 *
 * - `arn`: of the role or user; an assumed role is the role, without its path, which STS does not tell.
 * - `uniqueId`: stays with the principal, and is never another's of the same name.
 * - `session`: as whoever assumed the role called it.
 */
export interface AwsPrincipal {
  readonly account: string
  readonly partition: string
  readonly arn: string
  readonly uniqueId: string
  readonly session?: string
}

const arnForm = /^arn:(aws(?:-[a-z]{2,4}){0,3}):(iam|sts)::([0-9]{12}):(user|assumed-role)\/([\w+=,.@/-]{1,2048})$/
const userIdForm = /^(A[A-Z0-9]{3,127})(?::([\w+=,.@-]{1,64}))?$/

/** Reads the answer of `GetCallerIdentity` in JSON. What contradicts itself, or has another shape, is no answer. */
export function readPrincipal(response: JsonObject): Result<AwsPrincipal> {
  if (member(response, 'active') !== true) {
    return refuse('SIGNATURE_INVALID', principalClauses.active, 'STS does not accept the signed request')
  }
  const outer = member(response, 'GetCallerIdentityResponse')
  const result = isObject(outer) ? member(outer, 'GetCallerIdentityResult') : undefined
  if (!isObject(result)) return malformed
  const [, partition, , account, kind, path] = arnForm.exec(stringMember(result, 'Arn') ?? '') ?? []
  const [, uniqueId, userSession] = userIdForm.exec(stringMember(result, 'UserId') ?? '') ?? []
  if (stringMember(result, 'Account') === undefined || uniqueId === undefined) return malformed
  if (partition === undefined || account === undefined || path === undefined) return otherKind
  if (stringMember(result, 'Account') !== account) return malformed
  if (kind === 'user') {
    return ok({ account, partition, arn: `arn:${partition}:iam::${account}:user/${path}`, uniqueId })
  }
  const [role, session, more] = path.split('/')
  if (!role || !session || more !== undefined || session !== userSession) return malformed
  return ok({ account, partition, arn: `arn:${partition}:iam::${account}:role/${role}`, uniqueId, session })
}

const malformed = refuse('TRUST_UNAVAILABLE', principalClauses.shape, 'STS answers something else than who signed')
const otherKind = refuse(
  'CREDENTIAL_REFUSED',
  principalClauses.kind,
  'principal must be a role or a user: neither the root of an account nor a federated user',
)
