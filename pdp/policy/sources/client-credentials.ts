import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { between, type Clock, type Instant } from '../../core/time.ts'
import { createBasicAuthentication } from '../../net/client-authentication.ts'
import type { Fetch } from '../../net/fetch.ts'
import { readSecret } from './connect.ts'
import { readTokenResponse } from './read-token-response.ts'
import type { ClientCredentials } from './server-settings.ts'

export const clientCredentialsClauses = clauses({ token: 'bundle-source-oauth2-token' })

/** The access token of a client, asked for when there is none and kept for nine tenths of its life. */
export interface AccessTokens {
  current(fetch: Fetch, signal: AbortSignal): Promise<Result<string>>
  /** It was not accepted: the next one is asked for anew. */
  drop(): void
}

/** Asks by the client credentials grant (RFC 6749 §4.4). The secret is read anew for each token. */
export function createAccessTokens(
  { tokenUrl, clientId, secret: path, scope }: ClientCredentials,
  clock: Clock,
): AccessTokens {
  let held: { readonly token: string; readonly since: Instant; readonly seconds: number } | undefined
  return {
    async current(fetch, signal) {
      if (held && between(held.since, clock()) < held.seconds) return ok(held.token)
      const secret = await readSecret(path)
      if (!secret.ok) return secret
      const { authorization = '' } = createBasicAuthentication(clientId, secret.value)()
      const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) })
      const since = clock()
      const fetched = await fetch(tokenUrl, {
        mediaTypes: ['application/json'],
        signal,
        send: {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
          body: Buffer.from(form.toString()),
        },
      })
      if (!fetched.ok)
        return refuse('POLICY_UNAVAILABLE', clientCredentialsClauses.token, `oauth2: ${fetched.fault.detail}`)
      const answered = readTokenResponse(fetched.value.body, 'access_token')
      if (!answered.ok) return answered
      held = { since, token: answered.value.token, seconds: answered.value.lifetime * 0.9 }
      return ok(answered.value.token)
    },
    drop() {
      held = undefined
    },
  }
}
