import type { JsonObject, JsonValue } from '../../../pdp/core/json.ts'
import { type HmacKey, readHmacKey, verifyHmac } from '../../../pdp/jose/hmac.ts'
import { readJwk } from '../../../pdp/jose/read-jwk.ts'
import { readJwks } from '../../../pdp/jose/read-jwks.ts'
import { type CompactJws, readJws } from '../../../pdp/jose/read-jws.ts'
import { verifyJws } from '../../../pdp/jose/verify-jws.ts'

/** Whether a compact JWS is good under a public JWK or, where the material has no public part, under an `oct` JWK. */
export function acceptsJws(text: JsonValue, jwk: JsonObject): boolean {
  const jws = read(text)
  if (!jws) return false
  if (jwk['kty'] === 'oct') {
    const key = readHmacKey(jwk, 'KEY_UNKNOWN')
    return key.ok && !verifyHmac(jws, key.value)
  }
  const key = readJwk(jwk, 'KEY_UNKNOWN')
  return key.ok && verifyJws(jws, key.value).ok
}

/** Whether a compact JWS is good under the key of the set that its `kid` names. */
export function acceptsJwsOfSet(text: JsonValue, set: { readonly keys: readonly JsonObject[] }): boolean {
  const jws = read(text)
  if (!jws) return false
  // Secrets in a set are nothing the product reads; for these cases a set of secrets alone is read here.
  if (set.keys.every((key) => key['kty'] === 'oct')) return acceptsMac(jws, set.keys)
  const readSet = readJwks({ keys: set.keys }, 'KEY_UNKNOWN')
  return readSet.ok && readSet.value.keys.some((key) => key.kid === jws.header.kid && verifyJws(jws, key).ok)
}

function acceptsMac(jws: CompactJws, keys: readonly JsonObject[]): boolean {
  if (new Set(keys.map((key) => key['kid'])).size !== keys.length) return false
  const read = keys.map((key) => readHmacKey(key, 'KEY_UNKNOWN'))
  const usable: HmacKey[] = read.flatMap((key) => (key.ok ? [key.value] : []))
  return usable.some((key) => key.kid === jws.header.kid && !verifyHmac(jws, key))
}

// what is no text, such as the JSON serialization as an object, is handed over as the text it would be sent as
function read(text: JsonValue): CompactJws | undefined {
  const jws = readJws(typeof text === 'string' ? text : JSON.stringify(text), 'CREDENTIAL_MALFORMED')
  return jws.ok ? jws.value : undefined
}
