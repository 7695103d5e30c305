import { clauses } from '../core/clause.ts'
import { isObject, type JsonObject, member } from '../core/json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Verified } from '../seams.ts'

export const confirmationClauses = clauses({
  form: 'rfc7800-3-cnf-form',
  unknown: 'rfc7800-3.1-cnf-member',
})

/** Confirmation methods that can be checked or at least named: SHA-256 in base64url, 43 characters. */
const methods: Readonly<Record<string, 'jkt' | 'x5tS256'>> = { jkt: 'jkt', 'x5t#S256': 'x5tS256' }

/**
 * Reads `cnf` (RFC 7800 §3.1). A token says by it that a key must be shown; a method nobody here understands is a
 * refusal, for the token would otherwise pass as a plain bearer token.
 */
export function readConfirmation(claims: JsonObject): Result<Verified['confirmation']> {
  const cnf = member(claims, 'cnf')
  if (cnf === undefined) return ok(undefined)
  if (!isObject(cnf) || Object.keys(cnf).length !== 1) {
    return refuse('CREDENTIAL_MALFORMED', confirmationClauses.form, 'cnf must be an object with one member')
  }
  const [[name, value]] = Object.entries(cnf) as [[string, unknown]] // one member, as just checked
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) return refuse('CREDENTIAL_REFUSED', confirmationClauses.unknown, 'cnf must be jkt or x5t#S256')
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(value)) {
    return refuse('CREDENTIAL_MALFORMED', confirmationClauses.form, 'cnf must hold a SHA-256 digest in base64url')
  }
  return ok(method === 'jkt' ? { jkt: value } : { x5tS256: value })
}
