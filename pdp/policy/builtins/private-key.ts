import type { EcdsaPublicKey, Ed25519PublicKey } from './public-key.ts'
import type { RsaPrivateKey } from './rsa-private-key.ts'

export interface EcdsaPrivateKey {
  readonly kind: 'ecdsa'
  readonly public: EcdsaPublicKey
  readonly d: bigint
}

/** `seed`: the 32 bytes that are the private key (RFC 8032 §5.1.5). */
export interface Ed25519PrivateKey {
  readonly kind: 'ed25519'
  readonly public: Ed25519PublicKey
  readonly seed: Buffer
}

/** A private key of those that Go's crypto/x509 reads. */
export type PrivateKey =
  | RsaPrivateKey
  | EcdsaPrivateKey
  | Ed25519PrivateKey
  | { readonly kind: 'x25519'; readonly seed: Buffer }
