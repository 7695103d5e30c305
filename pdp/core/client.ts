import type { Assurance, Fact } from './caller.ts'
import type { IpRange } from './ip-address.ts'
import type { VerificationKey } from './key.ts'
import type { Instant } from './time.ts'

/** Kinds of credential whose holders stand in the registry of clients. */
export const clientMethods = [
  'api-key',
  'hmac-token',
  'client-secret',
  'aws-sigv4',
  'key-pair-jwt',
  'private-key-jwt',
] as const

export type ClientMethod = (typeof clientMethods)[number]

/**
 * A workload that was registered by hand, whatever it proves itself with.
 *
 * - `services`: those that its credentials are good for; at any other they are refused.
 * - `scopes`: what it was registered for, as policy sees it. Nothing is granted by them here.
 * - `ranges`: where it may call from; empty: from anywhere.
 * - `ceiling`: no level of assurance above this one, whatever it shows.
 */
export interface Client {
  readonly id: string
  readonly status: 'active' | 'disabled'
  readonly services: ReadonlySet<string>
  readonly scopes: readonly string[]
  readonly ranges: readonly IpRange[]
  readonly facts: readonly Fact[]
  readonly expiresAt?: Instant
  readonly ceiling?: Assurance['level']
}

/**
 * One credential of a client, as it is known here. Of a secret that is presented nothing is known that it follows from.
 *
 * - `id`: of this one credential, unique among all of its method.
 * - `name`: how its client calls itself in credentials of this method.
 * - `notBefore`, `expiresAt`: it is good from the first and before the last.
 */
export interface ClientKey {
  readonly id: string
  readonly method: ClientMethod
  readonly name: string
  readonly status: 'active' | 'revoked'
  readonly createdAt: Instant
  readonly notBefore?: Instant
  readonly expiresAt?: Instant
  readonly material: KeyMaterial
}

/**
 * What a credential is checked with.
 *
 * - `digest`: HMAC-SHA-256 of a generated secret under our pepper. `scrypt`: of one that a person chose (RFC 7914).
 * - `shared`: the secret itself, of methods that sign with it; it stood encrypted wherever it was kept.
 * - `public`: a key, and the SHA-256 of its SubjectPublicKeyInfo; `timeUnit`: of the dates in what it signs.
 */
export type KeyMaterial =
  | { readonly form: 'digest'; readonly digest: Buffer }
  | {
      readonly form: 'scrypt'
      readonly cost: number
      readonly blockSize: number
      readonly parallelization: number
      readonly salt: Buffer
      readonly hash: Buffer
    }
  | { readonly form: 'shared'; readonly secret: Buffer }
  | {
      readonly form: 'public'
      readonly key: VerificationKey
      readonly fingerprint: Buffer
      readonly timeUnit: 's' | 'ms'
    }

/** A credential with whose it is. */
export interface RegisteredKey {
  readonly client: Client
  readonly key: ClientKey
}
