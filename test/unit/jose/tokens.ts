import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { VerificationKey } from '../../../pdp/core/key.ts'
import type { Result } from '../../../pdp/core/result.ts'
import { readJwt } from '../../../pdp/jose/read-jwt.ts'
import { verifyJws } from '../../../pdp/jose/verify-jws.ts'
import { createTestKey, signJwt } from '../../support/keys.ts'

/** The one key that the tokens of these tests are checked with. */
export const issuer = createTestKey('k1')
export const stranger = createTestKey('k2')

export const header = { alg: 'ES256', kid: 'k1', typ: 'JWT' } as const
export const claims = { iss: 'https://issuer.example', sub: 'orders', exp: 1_800_000_000 } as const

/**
 * A good token, but for what is given: an object, or the very text of that part. Always signed with the issuer's key.
 */
export const token = (changed: object | string = header, said: object | string = claims): string =>
  signJwt(issuer, changed, said)

/** The text of a part with one more member in front, so that a name can stand twice. */
export const withMember = (part: object, member: string): string => `{${member},${JSON.stringify(part).slice(1)}`

/** Reads a token and checks its signature, as a verifier does. */
export function open(text: string, key: VerificationKey = issuer.verification): Result<unknown> {
  const jwt = readJwt(text, 'CREDENTIAL_MALFORMED')
  return jwt.ok ? verifyJws(jwt.value, key) : jwt
}

export const encode = (part: object | string | Uint8Array): string =>
  Buffer.from(typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part)).toString(
    'base64url',
  )

/** A token signed over any bytes as parts. */
export function signParts(headerPart: string | Uint8Array, payload: string | Uint8Array): string {
  const input = `${encode(headerPart)}.${encode(payload)}`
  return `${input}.${es256(input)}`
}

export const es256 = (input: string, key: KeyObject = issuer.privateKey): string =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')

/** A token with an HMAC under whatever is taken for a secret. */
export function hmacToken(alg: 'HS256' | 'HS384' | 'HS512', secret: string | Uint8Array, more: object = {}): string {
  const input = `${encode({ ...header, alg, ...more })}.${encode(claims)}`
  const mac = createHmac(alg.replace('HS', 'sha'), secret).update(input).digest('base64url')
  return `${input}.${mac}`
}

/** Another signature in place of that of a token. */
export const withSignature = (text: string, signature: Uint8Array): string =>
  `${text.slice(0, text.lastIndexOf('.'))}.${Buffer.from(signature).toString('base64url')}`

/** The public JWK of a fresh key. */
export function freshJwk(kind: 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'RSA', bits = 2048, exponent = 65537) {
  const { publicKey, privateKey } = generate(kind, bits, exponent)
  // an exported JWK is JSON
  return { jwk: publicKey.export({ format: 'jwk' }) as JsonObject, publicKey, privateKey }
}

function generate(kind: string, modulusLength: number, publicExponent: number) {
  if (kind === 'RSA') return generateKeyPairSync('rsa', { modulusLength, publicExponent })
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('ec', { namedCurve: kind })
}
