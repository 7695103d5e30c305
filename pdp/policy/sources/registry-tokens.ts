import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Fetch } from '../../net/fetch.ts'
import { readTokenResponse } from './read-token-response.ts'

export const registryTokenClauses = clauses({
  challenge: 'bundle-registry-challenge',
  origin: 'bundle-registry-token-origin',
  token: 'bundle-registry-token',
})

/**
 * - `repository`: what is to be pulled, and nothing else is asked for. `origins`: those that a token may come from.
 * - `basic`: the value of `Authorization` by name and password; absent: nobody in particular.
 */
export interface TokenRequest {
  readonly fetch: Fetch
  readonly repository: string
  readonly origins: readonly string[]
  readonly basic?: string
  readonly signal: AbortSignal
}

/**
 * Answers a challenge of a registry (the token authentication of the distribution project; RFC 7235 §4.1): the value of
 * `Authorization` to ask again with. The realm is for the registry to say, so the credentials go only where the
 * configuration says, too.
 */
export async function answerChallenge(
  challenge: string,
  { fetch, repository, origins, basic, signal }: TokenRequest,
): Promise<Result<string>> {
  const bearer = /(?:^|,\s*)bearer\s+(.*)$/i.exec(challenge)?.[1]
  if (bearer === undefined)
    return basic !== undefined && /(?:^|,\s*)basic\b/i.test(challenge)
      ? ok(basic)
      : bad(registryTokenClauses.challenge, 'the registry asks for credentials that are not configured')
  const parameters = new Map([...bearer.matchAll(/([a-z]+)="([^"\\]*)"/gi)].map(([, name, value]) => [name, value]))
  const realm = URL.parse(parameters.get('realm') ?? '')
  if (!realm || !origins.includes(realm.origin))
    return bad(
      registryTokenClauses.origin,
      'the registry sends for its token elsewhere; name that origin as `auth_origin` if it is meant',
    )
  const service = parameters.get('service')
  if (service !== undefined) realm.searchParams.set('service', service)
  realm.searchParams.set('scope', `repository:${repository}:pull`)
  const fetched = await fetch(realm.href, {
    mediaTypes: ['application/json'],
    signal,
    ...(basic !== undefined && { headers: { authorization: basic } }),
  })
  if (!fetched.ok) return bad(registryTokenClauses.token, `token of the registry: ${fetched.fault.detail}`)
  const token = readTokenResponse(fetched.value.body, 'token', 'access_token')
  return token.ok ? ok(`Bearer ${token.value.token}`) : token
}

const bad = (clause: (typeof registryTokenClauses)[keyof typeof registryTokenClauses], detail: string) =>
  refuse('POLICY_UNAVAILABLE', clause, detail)
