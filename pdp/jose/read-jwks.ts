import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import { isArray, isObject, type JsonValue, member, stringMember } from '../core/json.ts'
import type { VerificationKey } from '../core/key.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { hasUse, type JwkExpected, readJwk } from './read-jwk.ts'
import { hasPrivateMember } from './read-public-jwk.ts'

export const jwkSetClauses = clauses({
  form: 'rfc7517-5.1-keys',
  count: 'jwk-set-size',
  secret: 'rfc7517-9.3-secret-in-set',
  duplicate: 'rfc7517-4.5-duplicate-kid',
})

/**
 * The keys of a JWK set that are for the expected use, in its order; possibly none.
 *
 * - `ignored`: why keys of that use were left out, for the operator (RFC 7517 §5: a key that is not understood does not
 *   spoil the set).
 */
export interface JwkSet {
  readonly keys: readonly VerificationKey[]
  readonly ignored: readonly Refusal[]
}

const maximumKeys = 256

/**
 * Reads a JWK set (RFC 7517 §5). The whole set is refused with the caller's `code` if any key in it holds a secret,
 * whatever its use, or if two keys of the expected use share a `kid`: either says that its publisher is not to be
 * trusted with it. Keys for another use are passed over.
 */
export function readJwks(document: JsonValue, code: RefusalCode, expected: JwkExpected = {}): Result<JwkSet> {
  const entries = isObject(document) ? member(document, 'keys') : undefined
  if (!isArray(entries) || !entries.every(isObject)) {
    return refuse(code, jwkSetClauses.form, 'a key set needs keys, a list of objects')
  }
  if (entries.length > maximumKeys) return refuse(code, jwkSetClauses.count, `more than ${maximumKeys} keys`)
  if (entries.some((jwk) => hasPrivateMember(jwk) || stringMember(jwk, 'kty') === 'oct')) {
    return refuse(code, jwkSetClauses.secret, 'a key of the set holds a secret')
  }
  const ours = entries.filter((jwk) => hasUse(jwk, expected.use))
  const kids = ours.map((jwk) => member(jwk, 'kid')).filter((kid) => kid !== undefined)
  if (new Set(kids).size !== kids.length) return refuse(code, jwkSetClauses.duplicate, 'two keys share a kid')
  const keys: VerificationKey[] = []
  const ignored: Refusal[] = []
  for (const jwk of ours) {
    const read = readJwk(jwk, code, expected)
    if (read.ok) keys.push(read.value)
    else ignored.push(read)
  }
  return ok({ keys, ignored })
}
