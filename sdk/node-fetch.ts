import { Agent as HttpAgent, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { Fetch } from './post.ts'

/**
 * - `socketPath`: of the Unix socket that the decision point listens on; its address is then any, as `http://localhost`.
 * - `ca`, `cert`, `key`: PEM, for `https:`; with `cert` and `key` this enforcement point says by mTLS who it is.
 */
export interface NodeFetchOptions {
  readonly socketPath?: string
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
}

const withoutBody = new Set([204, 205, 304])

/** A `fetch` for {@link createClient} over Node's own HTTP client, with connections kept open. Never follows a redirect. */
export function createNodeFetch({ socketPath, ...tls }: NodeFetchOptions): Fetch {
  const plain = new HttpAgent({ keepAlive: true })
  const secure = new HttpsAgent({ keepAlive: true, ...tls })
  return (url, { method = 'GET', headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const isSecure = url.startsWith('https:')
      const options: RequestOptions = {
        method,
        headers: Object.fromEntries(new Headers(headers)),
        agent: isSecure ? secure : plain,
        ...(socketPath !== undefined && { socketPath }),
        ...(signal && { signal }),
      }
      const outgoing = (isSecure ? httpsRequest : httpRequest)(url, options, (incoming) =>
        resolve(responseOf(incoming)),
      )
      outgoing.on('error', reject)
      outgoing.end(typeof body === 'string' ? body : undefined)
    })
}

function responseOf(incoming: IncomingMessage): Response {
  const status = incoming.statusCode ?? 0
  const headers = new Headers()
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  const body = Readable.toWeb(incoming) as ReadableStream<Uint8Array> // of bytes: no encoding was set
  return new Response(withoutBody.has(status) ? null : body, { status, headers })
}
