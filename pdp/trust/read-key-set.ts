import { clauses } from '../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member } from '../core/json.ts'
import type { JwsAlgorithm } from '../core/key.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { type JwkSet, readJwks } from '../jose/read-jwks.ts'
import { maximumKeys, snapshotClauses } from './snapshot.ts'

export const readKeySetClauses = clauses({ shape: 'rfc7517-5-jwk-set' })

/** The most bytes a key set may have, on disk and on the wire. */
export const maximumKeySetBytes = 512 * 1024

const limits: JsonLimits = {
  length: maximumKeySetBytes,
  depth: 8,
  membersPerObject: 100,
  members: 10_000,
  stringLength: 65_536,
}

/** A JWK Set before any key in it is looked at: the object, and its `keys` as they stand. */
export interface KeySetMembers {
  readonly set: JsonObject
  readonly keys: readonly JsonValue[]
}

/** Reads the text of a JWK Set (RFC 7517 §5), counting before any key is parsed. Errors: TRUST_UNAVAILABLE. */
export function readKeySetMembers(text: string): Result<KeySetMembers> {
  const set = readJson(text, limits, 'TRUST_UNAVAILABLE')
  if (!set.ok) return set
  const keys = isObject(set.value) ? member(set.value, 'keys') : undefined
  if (!isObject(set.value) || !isArray(keys)) {
    return refuse('TRUST_UNAVAILABLE', readKeySetClauses.shape, 'a key set must be an object with a list called keys')
  }
  if (keys.length > maximumKeys) {
    return refuse('TRUST_UNAVAILABLE', snapshotClauses.count, `a key set may hold ${maximumKeys} keys at most`)
  }
  return ok({ set: set.value, keys })
}

/**
 * Reads the text of a JWK Set into the keys that check signatures, for the `algorithms` of the issuer where they are
 * configured. Errors: TRUST_UNAVAILABLE.
 */
export function readKeySet(text: string, algorithms?: readonly JwsAlgorithm[]): Result<JwkSet> {
  const members = readKeySetMembers(text)
  return members.ok ? readJwks(members.value.set, 'TRUST_UNAVAILABLE', { ...(algorithms && { algorithms }) }) : members
}
