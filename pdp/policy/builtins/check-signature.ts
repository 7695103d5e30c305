import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { bitLength, bytesOf } from './bigint-bytes.ts'
import type { EcdsaPublicKey, Ed25519PublicKey, RsaPublicKey } from './public-key.ts'

// What Go's crypto/rsa, crypto/ecdsa and crypto/ed25519 accept, by OpenSSL behind checks of our own.

const leastModulusBits = 1024
const limitOfExponent = 1n << 31n

const objects = new WeakMap<object, KeyObject>()

/** Whether Go uses such an RSA key: at least 1024 bits, odd, and an odd exponent from 3 to 2^31 − 1. */
export const isUsableRsa = ({ n, e }: Pick<RsaPublicKey, 'n' | 'e'>): boolean =>
  bitLength(n) >= leastModulusBits && (n & 1n) === 1n && e > 1n && (e & 1n) === 1n && e < limitOfExponent

/** `saltLength` in bytes, 'any' length, or undefined for PKCS #1 v1.5. */
export function isRsaSignature(
  key: RsaPublicKey,
  hash: string,
  saltLength: number | 'any' | undefined,
  data: Buffer,
  signature: Buffer,
): boolean {
  if (!isUsableRsa(key) || signature.length !== Math.ceil(bitLength(key.n) / 8)) return false
  const object = objectOf(key, () => ({
    kty: 'RSA',
    n: bytesOf(key.n).toString('base64url'),
    e: bytesOf(key.e).toString('base64url'),
  }))
  if (saltLength === undefined)
    return verifies(hash, data, { key: object, padding: constants.RSA_PKCS1_PADDING }, signature)
  const salt = saltLength === 'any' ? constants.RSA_PSS_SALTLEN_AUTO : saltLength
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return verifies(hash, data, { key: object, padding, saltLength: salt }, signature)
}

/** `signature`: r || s, each half of it and of any length, as Go's verifier of JWTs takes it. */
export function isEcdsaSignature(key: EcdsaPublicKey, hash: string, data: Buffer, signature: Buffer): boolean {
  const half = Math.floor(signature.length / 2)
  const r = trimmed(signature.subarray(0, half))
  const s = trimmed(signature.subarray(half))
  const { size } = key.curve
  if (r.length > size || s.length > size) return false
  const raw = Buffer.alloc(2 * size)
  raw.set(r, size - r.length)
  raw.set(s, 2 * size - s.length)
  return verifies(hash, data, { key: ecObjectOf(key), dsaEncoding: 'ieee-p1363' }, raw)
}

/** `signature`: DER, as in certificates. */
export const isEcdsaDerSignature = (key: EcdsaPublicKey, hash: string, data: Buffer, signature: Buffer): boolean =>
  verifies(hash, data, { key: ecObjectOf(key), dsaEncoding: 'der' }, signature)

export function isEd25519Signature(key: Ed25519PublicKey, data: Buffer, signature: Buffer): boolean {
  const object = objectOf(key, () => ({ kty: 'OKP', crv: 'Ed25519', x: key.bytes.toString('base64url') }))
  return verifies(null, data, { key: object }, signature)
}

type Verification = Exclude<Parameters<typeof verify>[2], string | Buffer | KeyObject>

function verifies(hash: string | null, data: Buffer, key: Verification, signature: Buffer): boolean {
  try {
    return verify(hash, data, key, signature)
  } catch {
    return false // OpenSSL cannot use the key in this way
  }
}

function objectOf(key: object, jwk: () => Record<string, string>): KeyObject {
  const before = objects.get(key)
  if (before) return before
  const object = createPublicKey({ key: jwk(), format: 'jwk' })
  objects.set(key, object)
  return object
}

function ecObjectOf(key: EcdsaPublicKey): KeyObject {
  const before = objects.get(key)
  if (before) return before
  const { prefix, size } = key.curve
  const spki = Buffer.concat([Buffer.from(prefix, 'hex'), Buffer.from([4]), bytesOf(key.x, size), bytesOf(key.y, size)])
  const object = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  objects.set(key, object)
  return object
}

function trimmed(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  return first < 0 ? bytes.subarray(bytes.length) : bytes.subarray(first)
}
