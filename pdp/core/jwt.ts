import type { JsonObject } from './json.ts'
import type { JwsAlgorithm } from './key.ts'

/**
 * A JWT taken apart within our rules. Until its signature was checked, its claims say who to ask for a key, and no more.
 *
 * - `signingInput`: `header.payload` as sent, what was signed; single use is keyed by it, never by the whole text.
 */
export interface Jwt {
  readonly header: { readonly alg: string; readonly kid?: string; readonly typ?: string; readonly members: JsonObject }
  readonly algorithm: JwsAlgorithm
  readonly claims: JsonObject
  readonly signingInput: string
}
