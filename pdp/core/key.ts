import type { KeyObject } from 'node:crypto'

/** JWS algorithms that are accepted at all (RFC 7518 §3.1, RFC 8037, RFC 9864). Never `none`, never HS* from a token. */
export type JwsAlgorithm =
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'Ed25519'

/**
 * A public key and the algorithms it may be used with. `id` is the RFC 7638 thumbprint: two records of one key are equal
 * by it. `algorithms` comes from the key's own record (`alg`) or from its type, never from a token.
 */
export interface VerificationKey {
  readonly id: string
  readonly kid?: string
  readonly algorithms: readonly JwsAlgorithm[]
  readonly key: KeyObject
}

/** The one thing that a credential is bound to: a key by its thumbprint, a certificate by its digest, or the key itself. */
export interface Confirmation {
  readonly jkt?: string
  readonly x5tS256?: string
  readonly key?: VerificationKey
}
