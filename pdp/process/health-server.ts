import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Readiness } from './readiness.ts'

/** What the health listener tells. */
export interface HealthParts {
  readonly readiness: () => Readiness | Promise<Readiness>
  readonly metrics: () => Promise<string>
  readonly metricsContentType: string
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const text = 'text/plain; charset=utf-8'
const maximumConnections = 256

/** Makes the server of health and metrics: `/livez`, `/readyz`, `/readyz?verbose`, `/metrics`. It does not listen yet. */
export function createHealthServer(parts: HealthParts): Server {
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 5_000 },
    (request, response) => {
      request.resume()
      const head = request.method === 'HEAD'
      if (!head && request.method !== 'GET') {
        send(response, { status: 405, type: text, body: 'use GET\n' }, head, { allow: 'GET, HEAD' })
        return
      }
      answerTo(request.url ?? '', parts).then(
        (answer) => send(response, answer, head),
        () => send(response, { status: 500, type: text, body: 'cannot be told\n' }, head),
      )
    },
  )
  server.maxConnections = maximumConnections
  return server
}

async function answerTo(target: string, { readiness, metrics, metricsContentType }: HealthParts): Promise<Answer> {
  switch (target) {
    case '/livez': // that this answers is all there is to it: what is downstream heals without a restart
      return { status: 200, type: text, body: 'ok\n' }
    case '/readyz': {
      const { ready, demo } = await readiness()
      return {
        status: ready ? 200 : 503,
        type: text,
        body: `${ready ? 'ok' : 'not ready'}${demo ? ' demo: true' : ''}\n`,
      }
    }
    case '/readyz?verbose': {
      const { ready, demo, checks } = await readiness()
      const body = { ready, ...(demo && { demo }), checks }
      return { status: ready ? 200 : 503, type: 'application/json', body: `${JSON.stringify(body)}\n` }
    }
    case '/metrics':
      return { status: 200, type: metricsContentType, body: await metrics() }
    default:
      return { status: 404, type: text, body: 'known here: /livez, /readyz, /readyz?verbose, /metrics\n' }
  }
}

function send(response: ServerResponse, { status, type, body }: Answer, head: boolean, more = {}): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...more,
  })
  response.end(head ? undefined : body)
}
