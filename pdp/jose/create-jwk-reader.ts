import { canonicalText } from '../core/canonical-bytes.ts'
import type { RefusalCode } from '../core/codes.ts'
import type { JsonObject } from '../core/json.ts'
import type { VerificationKey } from '../core/key.ts'
import type { Result } from '../core/result.ts'
import { type JwkExpected, readJwk } from './read-jwk.ts'
import { createRecent } from './recent.ts'

/** {@link readJwk} with what is expected fixed. */
export type JwkReader = (jwk: JsonObject, code: RefusalCode) => Result<VerificationKey>

const defaultKeys = 20_000

/**
 * A reader of the keys that requests carry themselves, such as that of a DPoP proof: importing one costs as much as
 * checking a signature, so good ones are remembered, by all that the JWK says. A key says nothing about who is trusted.
 */
export function createJwkReader(expected: JwkExpected = {}, limits: { readonly keys?: number } = {}): JwkReader {
  const known = createRecent<Result<VerificationKey>>(limits.keys ?? defaultKeys)
  return function read(jwk, code) {
    const text = canonicalText(jwk)
    const before = known.get(text)
    if (before) return before
    const key = readJwk(jwk, code, expected)
    if (key.ok) known.put(text, key, 1)
    return key
  }
}
