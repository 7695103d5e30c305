import type { Jwt } from '../core/jwt.ts'
import type { KeyId } from './verify-jws.ts'

/** A token and the key its signature was once good under. Good again only while that key is still trusted. */
export interface VerifiedToken {
  readonly jwt: Jwt
  readonly keyId: KeyId
}

/**
 * Remembers tokens whose signature was good, by their full text **including the signature**: any other text, such as one with
 * another signature over the same claims, is a miss.
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
 * Makes an empty memory. Two generations bound it by the characters of its tokens; when the younger holds half of
 * `characters`, the older is dropped whole. A token that is used moves to the younger, so tokens in use stay.
 */
export function createVerifiedTokens(limits: { readonly characters?: number } = {}): VerifiedTokens {
  const half = (limits.characters ?? defaultCharacters) / 2
  let young = new Map<string, Entry>()
  let old = new Map<string, Entry>()
  let characters = 0

  function remember(entry: Entry): void {
    const { length } = entry.text
    if (length > half || young.has(entry.text)) return
    if (characters + length > half) {
      old = young
      young = new Map()
      characters = 0
    }
    characters += length
    young.set(entry.text, entry)
  }

  return {
    get(text) {
      const fresh = young.get(text)
      if (fresh) return fresh.token
      const entry = old.get(text)
      if (entry) remember(entry)
      return entry?.token
    },
    put(text, jwt, keyId) {
      const { header, algorithm, claims } = jwt
      // a string cut out of a request keeps the whole request alive: copied, and the signing input cut out of the copy
      const own = Buffer.from(text, 'latin1').toString('latin1')
      const signingInput = own.slice(0, jwt.signingInput.length)
      const token = { jwt: Object.freeze({ header, algorithm, claims, signingInput }), keyId }
      remember({ text: own, token: Object.freeze(token) })
    },
  }
}

/** `text` is our own copy: the key of both generations. */
interface Entry {
  readonly text: string
  readonly token: VerifiedToken
}
