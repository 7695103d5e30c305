import type { EllipticCurve } from './elliptic-curve.ts'

export interface RsaPublicKey {
  readonly kind: 'rsa'
  readonly n: bigint
  readonly e: bigint
}

export interface EcdsaPublicKey {
  readonly kind: 'ecdsa'
  readonly curve: EllipticCurve
  readonly x: bigint
  readonly y: bigint
}

export interface Ed25519PublicKey {
  readonly kind: 'ed25519'
  readonly bytes: Buffer
}

/** A public key of those that Go's crypto/x509 reads. Only the first three can check signatures. */
export type PublicKey =
  | RsaPublicKey
  | EcdsaPublicKey
  | Ed25519PublicKey
  | { readonly kind: 'x25519' }
  | { readonly kind: 'dsa'; readonly p: bigint; readonly q: bigint; readonly g: bigint; readonly y: bigint }
