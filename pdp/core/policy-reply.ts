import type { JsonObject } from './json.ts'

/** Header name, in lower case, → its values, which take the place of any that are there. */
export type ReplyHeaders = Readonly<Record<string, readonly string[]>>

/**
 * What a policy of the OPA-Envoy dialect makes of the reply, beside allowing it or not. Of an allow: what the service gets
 * to see, and what is added to its response. Of a deny: the response.
 *
 * - `headers`: to the service with an allow, to the client with a deny.
 * - `metadata`: for the access log of the proxy and its later filters.
 */
export interface PolicyReply {
  readonly headers: ReplyHeaders
  readonly responseHeaders: ReplyHeaders
  readonly headersToRemove: readonly string[]
  readonly queryToSet: readonly (readonly [string, string])[]
  readonly queryToRemove: readonly string[]
  readonly status?: number
  readonly body?: string
  readonly metadata?: JsonObject
}
