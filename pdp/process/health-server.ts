import { createServer, type Server, type ServerResponse } from 'node:http'
import { openApi } from '../doors/openapi.ts'
import { openApiPage } from '../doors/openapi-page.ts'
import { metricsContentTypes, type MetricsForm, metricsFormOf } from '../telemetry/metrics-form.ts'
import type { Readiness } from './readiness.ts'

/** What the health listener tells. */
export interface HealthParts {
  readonly readiness: () => Readiness | Promise<Readiness>
  readonly metrics: (form: MetricsForm) => Promise<string>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const text = 'text/plain; charset=utf-8'
const maximumConnections = 256
const known = ['/livez', '/readyz', '/readyz?verbose', '/metrics', '/openapi.json', '/openapi']
// the page brings its own style, and nothing else is to run in it
const pageHeaders = { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" }

/**
 * Makes the server of health and metrics: `/livez`, `/readyz`, `/readyz?verbose`, `/metrics`, and the description of the
 * decisions listener: `/openapi.json`, and to read `/openapi`. It does not listen yet.
 */
export function createHealthServer(parts: HealthParts): Server {
  const description = describeOnce()
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 5_000 },
    (request, response) => {
      request.resume()
      const head = request.method === 'HEAD'
      if (!head && request.method !== 'GET') {
        send(response, { status: 405, type: text, body: 'use GET\n' }, head, { allow: 'GET, HEAD' })
        return
      }
      answerTo(request.url ?? '', request.headers.accept, parts, description).then(
        (answer) => send(response, answer, head),
        () => send(response, { status: 500, type: text, body: 'cannot be told\n' }, head),
      )
    },
  )
  server.maxConnections = maximumConnections
  return server
}

type Description = () => { readonly json: string; readonly page: string }

/** Writes the description when it is first asked for. */
function describeOnce(): Description {
  let written: ReturnType<Description> | undefined
  const write = (document: ReturnType<typeof openApi>) => ({
    json: `${JSON.stringify(document)}\n`,
    page: openApiPage(document),
  })
  return () => (written ??= write(openApi()))
}

async function answerTo(
  target: string,
  accept: string | undefined,
  { readiness, metrics }: HealthParts,
  description: Description,
): Promise<Answer> {
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
    case '/metrics': {
      const form = metricsFormOf(accept)
      return { status: 200, type: metricsContentTypes[form], body: await metrics(form), headers: { vary: 'accept' } }
    }
    case '/openapi.json':
      return { status: 200, type: 'application/json', body: description().json }
    case '/openapi':
      return { status: 200, type: 'text/html; charset=utf-8', body: description().page, headers: pageHeaders }
    default:
      return { status: 404, type: text, body: `known here: ${known.join(', ')}\n` }
  }
}

function send(response: ServerResponse, { status, type, body, headers }: Answer, head: boolean, more = {}): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
    ...more,
  })
  response.end(head ? undefined : body)
}
