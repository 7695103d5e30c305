import { canonicalText } from '../core/canonical-bytes.ts'
import { type Digest, sha256 } from '../core/digest.ts'
import type { JsonObject } from '../core/json.ts'
import type { PolicyInput } from '../core/policy-input.ts'

/**
 * What an answer depends on: code, data and entrypoint (`scope`), and the whole input but its time. The time is left out
 * because an author who states a `ttl` has said that the answer holds that long.
 */
export function cacheKey(scope: JsonObject, { time: _time, ...input }: PolicyInput): Digest {
  // a policy input is JSON by its definition; its interfaces only lack the index signature that JsonObject has
  return sha256(canonicalText(['policy-answer', 1, scope, input as unknown as JsonObject]))
}
