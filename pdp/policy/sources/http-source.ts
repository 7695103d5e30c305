import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type Clock, type Seconds, seconds } from '../../core/time.ts'
import type { BundleSource } from './bundle-source.ts'
import { createAccessTokens } from './client-credentials.ts'
import { connect, type Connection } from './connect.ts'
import type { ClientCredentials, ServerSettings } from './server-settings.ts'

export const httpSourceClauses = clauses({
  fetched: 'bundle-source-answered',
  unasked: 'bundle-source-not-modified',
})

/** - `wait`: how long the server may hold a request until there is something new; absent: not at all. */
export interface HttpSourceSettings extends ServerSettings {
  readonly url: string
  readonly wait?: Seconds
  readonly clientCredentials?: ClientCredentials
}

/** How a server says that it holds requests (OPA's protocol). */
const holding = 'application/vnd.openpolicyagent.bundles'
const mediaTypes = [
  holding,
  'application/gzip',
  'application/x-gzip',
  'application/octet-stream',
  'binary/octet-stream',
  'application/x-tar',
]

/**
 * A bundle by OPA's protocol: `ETag` and `If-None-Match`, `Prefer: modes=snapshot,delta;wait=N`. Deltas are asked for only
 * over what was answered before. What is answered is nothing but bytes: who signed them is checked by whoever asked.
 */
export function createHttpSource(settings: HttpSourceSettings, clock: Clock): BundleSource {
  const { url, wait, timeout, clientCredentials } = settings
  const tokens = clientCredentials && createAccessTokens(clientCredentials, clock)
  const origins = [url, ...(clientCredentials ? [clientCredentials.tokenUrl] : [])].map((one) => new URL(one).origin)
  const { origin, pathname } = new URL(url)
  const shown = `${origin}${pathname}` // a query may hold what nobody else should read
  let known: string | undefined
  let holds = wait !== undefined

  async function authorize(connection: Connection, signal: AbortSignal): Promise<Result<Connection>> {
    if (!tokens) return ok(connection)
    const token = await tokens.current(connection.fetch, signal)
    return token.ok ? ok({ ...connection, authorization: `Bearer ${token.value}` }) : token
  }

  async function ask(patience: 'now' | 'wait', signal: AbortSignal): Promise<Result<Uint8Array | 'unchanged'>> {
    const held = patience === 'wait' && holds && known !== undefined ? wait : undefined
    const connection = await connect(settings, origins, seconds(timeout + (held ?? 0)))
    if (!connection.ok) return connection
    const authorized = await authorize(connection.value, signal)
    if (!authorized.ok) return authorized
    const { fetch, authorization } = authorized.value
    const modes = `modes=snapshot${known === undefined ? '' : ',delta'}`
    const fetched = await fetch(url, {
      mediaTypes,
      statuses: [200, 304],
      signal,
      headers: {
        prefer: held === undefined ? modes : `${modes};wait=${held}`,
        ...(known !== undefined && { 'if-none-match': known }),
        ...(authorization !== undefined && { authorization }),
      },
    })
    if (!fetched.ok) {
      tokens?.drop() // it may have been refused for it
      return refuse('POLICY_UNAVAILABLE', httpSourceClauses.fetched, `${shown}: ${fetched.fault.detail}`)
    }
    const { status, headers, body } = fetched.value
    if (status === 304)
      return known === undefined
        ? refuse('POLICY_UNAVAILABLE', httpSourceClauses.unasked, `${shown}: answered 304 though nothing was held`)
        : ok('unchanged')
    holds = wait !== undefined && headers.get('content-type')?.split(';')[0]?.trim() === holding
    known = entityTag(headers.get('etag'))
    return ok(body)
  }

  return {
    async ask(patience, signal) {
      const answer = await ask(patience, signal)
      if (!answer.ok) known = undefined
      return answer
    },
    forget() {
      known = undefined
    },
    waits: () => holds && known !== undefined,
  }
}

/** An entity tag as it may be sent back (RFC 9110 §8.8.3); anything else is none. */
const entityTag = (text: string | undefined): string | undefined =>
  text !== undefined && /^(?:W\/)?"[\x21\x23-\x7e]{0,256}"$/.test(text) ? text : undefined
