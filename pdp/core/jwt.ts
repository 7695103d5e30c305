import type { JsonObject } from './json.ts'

/** A compact JWT taken apart. Nothing about it is verified: it says who to ask for a key, and no more. */
export interface UnverifiedJwt {
  readonly header: JsonObject
  readonly claims: JsonObject
  /** `header.payload` as sent: what was signed. */
  readonly signingInput: string
  readonly signature: Uint8Array
}
