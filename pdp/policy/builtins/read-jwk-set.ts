import { isArrayValue, isObjectValue, type Value } from '../value.ts'
import { checkJwk } from './jwk-key.ts'
import { readFirstGoJson, readGoJson } from './read-go-json.ts'
import { type JwxKey, readJwxKey } from './read-jwx-key.ts'

const maximumKeys = 1000

/** The keys of a JWK Set, or the one of a JWK, as jwx's `jwk.Parse`; throws where one of them is not sound. */
export function readJwkSet(text: string): readonly JwxKey[] {
  const set = setOf(text)
  // what is no set is read as one key, whatever stands behind it
  const keys = set ? set.map(readJwxKey) : [readJwxKey(readFirstGoJson(text))]
  for (const key of keys) checkJwk(key)
  return keys
}

function setOf(text: string): readonly Value[] | undefined {
  const document = parsed(text)
  if (!isObjectValue(document)) return undefined
  const keys = document.entries.find(([name]) => name === 'keys')?.[1]
  if (keys === undefined) return undefined
  if (!isArrayValue(keys) || keys.length > maximumKeys) throw new Error('`keys` is not a list of keys')
  return keys
}

function parsed(text: string): Value | undefined {
  try {
    return readGoJson(text)
  } catch {
    return undefined
  }
}
