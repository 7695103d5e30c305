import { createECDH, createPrivateKey } from 'node:crypto'
import { bytesOf } from './bigint-bytes.ts'
import type { EllipticCurve } from './elliptic-curve.ts'
import type { EcdsaPublicKey, Ed25519PublicKey } from './public-key.ts'
import { readPoint } from './read-public-key.ts'

/** The public key of a scalar; throws unless it is in 1 … n − 1. */
export function ecdsaPublicKeyOf(curve: EllipticCurve, d: bigint): EcdsaPublicKey {
  if (d <= 0n || d >= curve.n) throw new Error('scalar out of range')
  const exchange = createECDH(curve.openssl)
  exchange.setPrivateKey(bytesOf(d, curve.size))
  return readPoint(curve, exchange.getPublicKey())
}

const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const x25519Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** An Ed25519 seed of 32 bytes as PKCS #8 (RFC 8410 §7). */
export const ed25519Pkcs8 = (seed: Buffer): Buffer => Buffer.concat([ed25519Prefix, seed])

/** The public key of an Ed25519 seed of 32 bytes. */
export const ed25519PublicKeyOf = (seed: Buffer): Ed25519PublicKey => ({
  kind: 'ed25519',
  bytes: publicBytesOf(ed25519Pkcs8(seed)),
})

/** The public bytes of an X25519 seed of 32 bytes. */
export const x25519PublicBytesOf = (seed: Buffer): Buffer => publicBytesOf(Buffer.concat([x25519Prefix, seed]))

function publicBytesOf(pkcs8: Buffer): Buffer {
  const { x } = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' })
  return Buffer.from(x ?? '', 'base64url')
}
