import { type Clause, clauses } from '../core/clause.ts'
import { isObject, member, stringMember } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Fetch } from '../net/fetch.ts'
import { fetchText } from './fetch-text.ts'

export const discoveryClauses = clauses({
  shape: 'oidc-discovery-4.2-object',
  issuer: 'oidc-discovery-4.3-issuer',
  jwksUri: 'oidc-discovery-3-jwks-uri',
})

const limits: JsonLimits = {
  length: 512 * 1024,
  depth: 16,
  membersPerObject: 1000,
  members: 10_000,
  stringLength: 65_536,
}

/**
 * Asks the configured issuer where its keys are (OpenID Connect Discovery 1.0 §4). Answers its `jwks_uri`, which must be
 * https, or http for an issuer that is itself configured as http. Whether it may be reached is for `fetch` to judge.
 *
 * Errors: TRUST_UNAVAILABLE.
 */
export async function discover(issuer: string, fetch: Fetch, signal: AbortSignal): Promise<Result<string>> {
  const text = await fetchText(fetch, discoveryUrl(issuer), 'discovery', signal)
  if (!text.ok) return text
  const document = readJson(text.value, limits, 'TRUST_UNAVAILABLE')
  if (!document.ok) return document
  if (!isObject(document.value)) return bad(discoveryClauses.shape, 'discovery: must answer with a JSON object')
  // §4.3: identical, or one issuer could speak for another
  if (member(document.value, 'issuer') !== issuer) {
    return bad(discoveryClauses.issuer, 'discovery: names another issuer; configure the issuer exactly as it is there')
  }
  const uri = stringMember(document.value, 'jwks_uri')
  if (!uri || !(uri.startsWith('https://') || (issuer.startsWith('http://') && uri.startsWith('http://')))) {
    return bad(discoveryClauses.jwksUri, 'discovery: must name a jwks_uri that is https')
  }
  return ok(uri)
}

/** §4: a slash at the end of the issuer is removed before the well-known path is added. */
const discoveryUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

const bad = (clause: Clause, detail: string) => refuse('TRUST_UNAVAILABLE', clause, detail)
