import { clauses } from '../../core/clause.ts'
import { isObject, member, stringMember } from '../../core/json.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { readDocument } from '../read-document.ts'

export const tokenResponseClauses = clauses({ form: 'bundle-source-token-response' })

const defaultLifetime = 60
const longest = 3_600

/**
 * Reads what a token endpoint answers (RFC 6749 §5.1, and that of registries, which calls the token `token` too): the
 * token, and how many seconds it lasts; 60 where that is not said, an hour at most.
 */
export function readTokenResponse(
  body: Uint8Array,
  ...names: readonly string[]
): Result<{ readonly token: string; readonly lifetime: number }> {
  const document = readDocument(body)
  const answered = document.ok && isObject(document.value) ? document.value : {}
  const token = names.map((name) => stringMember(answered, name)).find((value) => value !== undefined)
  const type = stringMember(answered, 'token_type')
  if (token === undefined || !/^[\x21-\x7e]{1,8192}$/.test(token) || (type !== undefined && !/^bearer$/i.test(type)))
    return refuse('POLICY_UNAVAILABLE', tokenResponseClauses.form, 'the token endpoint answered without a bearer token')
  const seconds = Number(member(answered, 'expires_in') ?? defaultLifetime)
  return ok({ token, lifetime: Number.isFinite(seconds) ? Math.min(Math.max(0, seconds), longest) : defaultLifetime })
}
