import { clauses } from '../core/clause.ts'
import { isObject } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { ok, refuse } from '../core/result.ts'
import type { Fetch } from '../net/fetch.ts'
import type { ClientAuthentication } from '../net/client-authentication.ts'
import type { AskEndpoint } from './introspector.ts'

export const introspectionEndpointClauses = clauses({
  fetched: 'rfc7662-2.1-answered',
  encoding: 'rfc7662-2.2-utf8',
  shape: 'rfc7662-2.2-object',
})

const limits: JsonLimits = { length: 65_536, depth: 16, membersPerObject: 256, members: 2_000, stringLength: 16_384 }

/** Where an issuer is asked about tokens, and as whom. */
export interface IntrospectionEndpoint {
  readonly endpoint: string
  readonly authentication: ClientAuthentication
  readonly fetch: Fetch
}

/**
 * Asks an introspection endpoint (RFC 7662 §2.1). The token stands in the body of the request alone. Errors:
 * TRUST_UNAVAILABLE, also where the endpoint refuses us: that says nothing about the token.
 */
export function createAskEndpoint({ endpoint, authentication, fetch }: IntrospectionEndpoint): AskEndpoint {
  return async function askEndpoint(token) {
    const { authorization, parameters } = authentication()
    const form = new URLSearchParams({ token, token_type_hint: 'access_token', ...parameters }).toString()
    const fetched = await fetch(endpoint, {
      mediaTypes: ['application/json'],
      send: {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          ...(authorization !== undefined && { authorization }),
        },
        body: Buffer.from(form),
      },
    })
    if (!fetched.ok) return unavailable(introspectionEndpointClauses.fetched, fetched.fault.detail)
    let text: string
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fetched.value.body)
    } catch {
      return unavailable(introspectionEndpointClauses.encoding, 'must answer with UTF-8 text')
    }
    const document = readJson(text, limits, 'TRUST_UNAVAILABLE')
    if (!document.ok) return document
    return isObject(document.value)
      ? ok({ response: document.value, length: text.length })
      : unavailable(introspectionEndpointClauses.shape, 'must answer with a JSON object')
  }
}

const unavailable = (
  clause: (typeof introspectionEndpointClauses)[keyof typeof introspectionEndpointClauses],
  detail: string,
) => refuse('TRUST_UNAVAILABLE', clause, `introspection: ${detail}`)
