import type { Jwt } from '../core/jwt.ts'
import { createRecent } from './recent.ts'
import type { KeyId } from './verify-jws.ts'

/** A token and the key its signature was once good under. Good again only while that key is still trusted. */
export interface VerifiedToken {
  readonly jwt: Jwt
  readonly keyId: KeyId
}

/**
 * Remembers tokens whose signature was good, by their full text **including the signature**: any other text, such as
 * one with another signature over the same claims, is a miss.
 *
 * A hit says "this text parses so, and was signed by key K" and nothing else. The caller compares K with the keys
 * trusted now, and checks time, type, audience, binding and revocation each time.
 */
export interface VerifiedTokens {
  get(text: string): VerifiedToken | undefined
  put(text: string, jwt: Jwt, keyId: KeyId): void
}

const defaultCharacters = 32 * 1024 * 1024

/**
 * Makes an empty memory of tokens with `characters` in all at most; tokens in use stay. A character costs about two and
 * a half bytes, parsed claims included: 80 MB for the default.
 */
export function createVerifiedTokens(limits: { readonly characters?: number } = {}): VerifiedTokens {
  const known = createRecent<VerifiedToken>(limits.characters ?? defaultCharacters)
  return {
    get: known.get,
    put(text, jwt, keyId) {
      const { header, algorithm, claims } = jwt
      // a string cut out of a request keeps the whole request alive: copied, and the signing input cut out of the copy
      const own = Buffer.from(text, 'latin1').toString('latin1')
      const signingInput = own.slice(0, jwt.signingInput.length)
      const token = { jwt: Object.freeze({ header, algorithm, claims, signingInput }), keyId }
      known.put(own, Object.freeze(token), own.length)
    },
  }
}
