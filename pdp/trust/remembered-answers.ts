import type { Digest } from '../core/digest.ts'
import type { Introspection } from '../seams.ts'

/** Answers about tokens, by the digest of the token; the tokens themselves are not kept. */
export interface RememberedAnswers {
  get(token: Digest): Introspection | undefined
  /** `weight` in characters of the answer. */
  put(token: Digest, answer: Introspection, weight: number): void
  forget(token: Digest): void
}

const entryWeight = 256 // of a digest and of what a map needs beside it

/** Makes an empty memory of `characters` at most, in which the oldest answers make room. */
export function createRememberedAnswers(characters: number): RememberedAnswers {
  const known = new Map<Digest, { readonly answer: Introspection; readonly weight: number }>()
  let held = 0
  const forget = (token: Digest): void => {
    held -= known.get(token)?.weight ?? 0
    known.delete(token)
  }
  return {
    get: (token) => known.get(token)?.answer,
    forget,
    put(token, answer, length) {
      const weight = length + entryWeight
      forget(token)
      for (const oldest of known.keys()) {
        if (held + weight <= characters) break
        forget(oldest)
      }
      if (weight > characters) return
      known.set(token, { answer, weight })
      held += weight
    },
  }
}
