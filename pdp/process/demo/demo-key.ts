import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { JsonObject } from '../../core/json.ts'
import type { VerificationKey } from '../../core/key.ts'
import { readJwk } from '../../jose/read-jwk.ts'

/** A P-256 key of a party of the demonstration, and what others know of it. Its private half never leaves the process. */
export interface DemoKey {
  readonly privateKey: KeyObject
  readonly publicJwk: JsonObject
  readonly verification: VerificationKey & { readonly kid: string }
}

/** Makes a key. */
export const createDemoKey = (kid: string): DemoKey =>
  demoKeyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, kid)

/** The key of a private half on P-256. */
export function demoKeyOf(privateKey: KeyObject, kid: string): DemoKey {
  const publicJwk = createPublicKey(privateKey).export({ format: 'jwk' }) as JsonObject // kty, crv, x and y, all of them text
  const read = readJwk(publicJwk, 'KEY_UNKNOWN')
  if (!read.ok) throw new Error(`a key of the demonstration is refused: ${read.clause}`)
  return { privateKey, publicJwk, verification: { ...read.value, kid } }
}
