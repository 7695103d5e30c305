import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { JsonObject } from '../../pdp/core/json.ts'
import type { VerificationKey } from '../../pdp/core/key.ts'
import { readJwk } from '../../pdp/jose/read-jwk.ts'

/** A P-256 key of a test party, with what others know of it. */
export interface TestKey {
  readonly privateKey: KeyObject
  readonly jwk: JsonObject & { readonly kid: string }
  readonly thumbprint: string
  readonly verification: VerificationKey
}

export function createTestKey(kid: string, more: JsonObject = {}): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' }) as Record<'crv' | 'kty' | 'x' | 'y', string>
  const jwk = { kty, crv, x, y, kid, ...more }
  const read = readJwk({ ...jwk }, 'KEY_UNKNOWN', typeof more['use'] === 'string' ? { use: more['use'] } : {})
  if (!read.ok) throw new Error(`test key is refused: ${read.clause}`)
  return {
    privateKey,
    jwk,
    thumbprint: createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url'),
    verification: read.value,
  }
}

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A compact ES256 JWT. Header and claims go in as they are, so that a defect of any kind can be made. */
export function signJwt(key: TestKey, header: unknown, claims: unknown): string {
  const input = `${encode(header)}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** The public key as a PEM block, for a file. */
export const keyPem = ({ privateKey }: TestKey): string =>
  createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
