import type { Seconds } from './time.ts'

/** SigV4, with a secret that both sides have, and SigV4a, with a key pair that is derived of one. */
export type SigV4Algorithm = 'AWS4-HMAC-SHA256' | 'AWS4-ECDSA-P256-SHA256'

/**
 * A signature of AWS Signature Version 4 as it says of itself: nothing of it is checked but its form.
 *
 * - `day`, `region`, `service`: the scope of its key; a SigV4a scope has no region.
 * - `signedHeaders`: lower-case names in order, each once. `bytes`: a MAC, or an ECDSA signature in DER.
 * - `query`: what only a signature in the query says.
 */
export interface SigV4 {
  readonly algorithm: SigV4Algorithm
  readonly accessKeyId: string
  readonly day: string
  readonly region?: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly bytes: Buffer
  readonly query?: SignedQuery
}

/** `parameters`: what it is over, all of the query but the signature itself. `date`: as in `X-Amz-Date`. */
export interface SignedQuery {
  readonly parameters: readonly QueryParameter[]
  readonly date: string
  readonly expires: Seconds
}

/** A parameter of a query with its escapes taken away. */
export interface QueryParameter {
  readonly name: string
  readonly value: string
}
