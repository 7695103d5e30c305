import { isArray, type JsonObject } from '../core/json.ts'

/** Whether a token is good for one audience only (RFC 7519 §4.1.3: `aud` is a string or a list). */
export function hasOneAudience({ aud }: JsonObject): boolean {
  return typeof aud === 'string' || (isArray(aud) && aud.length === 1)
}
