import { canonicalText } from '../core/canonical-bytes.ts'
import { type Digest, sha256 } from '../core/digest.ts'
import type { JsonObject } from '../core/json.ts'

/**
 * Makes keys of answers. An answer depends on code, data and entrypoint (`scope`), and on the text it was evaluated on
 * but for its time (`key` of a written input). The time is left out because an author who states a `ttl` has said that
 * the answer holds that long; an answer that needs no `ttl` is of a text without a time, and keys say which it is.
 */
export function createCacheKeys(scope: JsonObject, pure: boolean): (key: string) => Digest {
  const prefix = sha256(canonicalText(['policy-answer', 3, scope, pure])) // of one length, so nothing of a key is taken for it
  return (key) => sha256(prefix + key)
}
