import { createHmac, timingSafeEqual } from 'node:crypto'
import { canonicalText } from '../../core/canonical-bytes.ts'
import type { ClientMethod } from '../../core/client.ts'

/** Keys of our own, 32 bytes each, that the digests of secrets are made with: the one in use, then the one before it. */
export type Peppers = readonly [Uint8Array, ...Uint8Array[]]

/** What a generated secret belongs to: a digest is good for no other credential. */
export interface SecretOf {
  readonly method: ClientMethod
  readonly id: string
}

/**
 * HMAC-SHA-256 of a generated secret. It has 256 bits, so nothing slower is needed; without the pepper, which is not where
 * digests are kept, none can even be tried.
 */
export const digestOfSecret = (pepper: Uint8Array, { method, id }: SecretOf, secret: string): Buffer =>
  createHmac('sha256', pepper)
    .update(canonicalText([method, id, secret]), 'utf8')
    .digest()

/** What no digest of a secret is equal to, but by chance: compared with where there is nothing to compare with. */
const nothing = Buffer.alloc(32)

/** Whether it is the digest of this secret; the same work where there is no `digest`. */
export function isDigestOf(digest: Uint8Array | undefined, peppers: Peppers, of: SecretOf, secret: string): boolean {
  const known = digest?.length === nothing.length ? digest : nothing
  let equal = false
  for (const pepper of peppers) {
    if (timingSafeEqual(digestOfSecret(pepper, of, secret), known)) equal = true // all of them, whichever it was
  }
  return equal && known === digest
}
