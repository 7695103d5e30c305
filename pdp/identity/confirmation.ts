import { clauses } from '../core/clause.ts'
import { isObject, type JsonObject, type JsonValue, member, stringMember } from '../core/json.ts'
import type { Confirmation } from '../core/key.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readJwk } from '../jose/read-jwk.ts'

export const confirmationClauses = clauses({
  form: 'rfc7800-3-cnf-form',
  unknown: 'rfc7800-3.1-cnf-member',
  key: 'rfc7800-3.2-cnf-jwk',
})

/** Confirmation methods by a digest: SHA-256 in base64url, 43 characters. */
const methods: Readonly<Record<string, 'jkt' | 'x5tS256'>> = { jkt: 'jkt', 'x5t#S256': 'x5tS256' }

/**
 * Reads `cnf` (RFC 7800 §3.1). A token says by it that a key must be shown; a method nobody here understands is a
 * refusal, for the token would otherwise pass as a plain bearer token.
 */
export function readConfirmation(claims: JsonObject): Result<Confirmation | undefined> {
  const cnf = member(claims, 'cnf')
  if (cnf === undefined) return ok(undefined)
  if (!isObject(cnf) || Object.keys(cnf).length !== 1) {
    return refuse('CREDENTIAL_MALFORMED', confirmationClauses.form, 'cnf must be an object with one member')
  }
  const [[name, value]] = Object.entries(cnf) as [[string, JsonValue]] // one member, as just checked
  if (name === 'jwk') return readKey(value)
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) return refuse('CREDENTIAL_REFUSED', confirmationClauses.unknown, 'cnf must be jkt, jwk or x5t#S256')
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(value)) {
    return refuse('CREDENTIAL_MALFORMED', confirmationClauses.form, 'cnf must hold a SHA-256 digest in base64url')
  }
  return ok(method === 'jkt' ? { jkt: value } : { x5tS256: value })
}

/** RFC 7800 §3.2: the public key itself. */
function readKey(jwk: JsonValue): Result<Confirmation> {
  if (!isObject(jwk)) return refuse('CREDENTIAL_MALFORMED', confirmationClauses.key, 'jwk of cnf must be an object')
  const key = readJwk(jwk, 'CREDENTIAL_REFUSED')
  return key.ok ? ok({ key: key.value }) : key
}

/** `alg` of the key that a credential holds, as it stands there. */
export function confirmedAlgorithm(claims: JsonObject): string | undefined {
  const cnf = member(claims, 'cnf')
  const jwk = isObject(cnf) ? member(cnf, 'jwk') : undefined
  return isObject(jwk) ? stringMember(jwk, 'alg') : undefined
}
