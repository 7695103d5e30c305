import type { IncomingHttpHeaders } from 'node:http'
import { type Answer, type IssuerServer, type IssuerServerOptions, startIssuer } from './issuer-server.ts'

/** A real HTTP server that bundles come from, by OPA's protocol. */
export interface BundleServer extends Pick<IssuerServer, 'origin' | 'answer' | 'count' | 'down' | 'up'> {
  readonly url: string
  /** The headers of every request for the bundle, oldest first. */
  readonly asked: readonly IncomingHttpHeaders[]
  /** What is served from now on, under an entity tag of its own; whoever waits gets it at once. */
  publish(archive: Uint8Array, delta?: Uint8Array): void
  /** Answers whatever is asked for the bundle. */
  fail(answer: Answer): void
}

const path = '/bundles/t.tar.gz'

/** - `holds`: whether it holds requests that prefer to wait. */
export async function startBundleServer(
  options: IssuerServerOptions & { readonly holds?: boolean } = {},
): Promise<BundleServer> {
  const { origin, answer, count, down, up } = await startIssuer(options)
  const type = options.holds ? 'application/vnd.openpolicyagent.bundles' : 'application/gzip'
  const asked: IncomingHttpHeaders[] = []
  const waiting = new Set<() => void>()
  let version = 0
  let current: { readonly whole: Uint8Array; readonly delta: Uint8Array | undefined } | undefined

  const serve: Answer = (request, response) => {
    asked.push(request.headers)
    const known = request.headers['if-none-match']
    const tag = `"${version}"`
    const send = () => {
      const { whole, delta } = current ?? {}
      const over =
        known === `"${version - 1}"` && String(request.headers['prefer']).includes('delta') ? delta : undefined
      response.writeHead(200, { 'content-type': type, etag: `"${version}"` }).end(over ?? whole)
    }
    if (known !== tag) return send()
    if (!options.holds || !String(request.headers['prefer']).includes('wait=')) {
      response.writeHead(304, { etag: tag }).end()
      return undefined
    }
    waiting.add(send)
    response.on('close', () => waiting.delete(send))
    return undefined
  }

  return {
    origin,
    url: `${origin}${path}`,
    asked,
    answer,
    count,
    down,
    up,
    publish(whole, delta) {
      version += 1
      current = { whole, delta }
      answer(path, serve)
      for (const send of waiting) send()
      waiting.clear()
    },
    fail(failing) {
      answer(path, (request, response) => {
        asked.push(request.headers)
        failing(request, response)
      })
    },
  }
}
