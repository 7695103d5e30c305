import { generateKeyPairSync } from 'node:crypto'
import type { JsonObject } from '../../pdp/core/json.ts'
import type { VerificationKey } from '../../pdp/core/key.ts'
import { readJwks } from '../../pdp/jose/read-jwks.ts'

/** A fresh public P-256 key as an issuer publishes it. */
export function publicJwk(kid: string | undefined, more: JsonObject = {}): JsonObject {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' })
  return { kty, crv, x, y, use: 'sig', alg: 'ES256', ...(kid !== undefined && { kid }), ...more }
}

/** Verification keys of public JWKs. Throws where one is not acceptable. */
export function keysOf(...jwks: readonly JsonObject[]): readonly VerificationKey[] {
  const read = readJwks({ keys: jwks }, 'TRUST_UNAVAILABLE')
  if (!read.ok) throw new Error(read.detail)
  return read.value.keys
}
