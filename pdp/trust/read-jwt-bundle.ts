import { clauses } from '../core/clause.ts'
import { isObject, type JsonObject, member, stringMember } from '../core/json.ts'
import { type Result, refuse } from '../core/result.ts'
import { type JwkSet, readJwks } from '../jose/read-jwks.ts'
import { jwtSvidAlgorithms } from './read-spiffe-bundle.ts'
import { readKeySetMembers } from './read-key-set.ts'

export const jwtBundleClauses = clauses({ kid: 'spiffe-workload-api-6.2.2-kid', key: 'spiffe-workload-api-6.2.2-jwk' })

/**
 * Reads the JWK Set of one trust domain as the Workload API sends it: keys of `use: jwt-svid`, and those without a use,
 * since agents leave it out. Errors: TRUST_UNAVAILABLE.
 */
export function readJwtBundle(text: string): Result<JwkSet> {
  const members = readKeySetMembers(text)
  if (!members.ok) return members
  const { keys } = members.value
  if (!keys.every(isObject)) return refuse('TRUST_UNAVAILABLE', jwtBundleClauses.key, 'every key must be an object')
  const ours = keys.filter((jwk) => (member(jwk, 'use') ?? 'jwt-svid') === 'jwt-svid')
  if (!ours.every((jwk) => stringMember(jwk, 'kid'))) {
    return refuse('TRUST_UNAVAILABLE', jwtBundleClauses.kid, 'a key for JWT-SVIDs must have a kid')
  }
  const set: JsonObject = { keys: keys.map((jwk) => (ours.includes(jwk) ? { ...jwk, use: 'jwt-svid' } : jwk)) }
  return readJwks(set, 'TRUST_UNAVAILABLE', { use: 'jwt-svid', algorithms: jwtSvidAlgorithms })
}
