import { appendFileSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, request } from 'node:https'

// One of the services that are guarded. It does nothing but note what reached it. Arguments: its name, and where to ask
// before; without that somebody before it has asked, whom alone it is reached by.

const [name = '', ask] = process.argv.slice(2)
const file = (path: string) => readFileSync(`/files/${path}`, 'utf8')

function serve(message: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = message
  const seen = { attempt: headers['x-attempt'], method, url, subject: headers['x-sallyport-subject'] }
  appendFileSync(`/seen/${name}.ndjson`, `${JSON.stringify(seen)}\n`)
  response.end('done\n')
}

/** Asks whether the tool in the path may be called. Whatever is no plain allow is a denial. */
function whenAllowed(message: IncomingMessage, response: ServerResponse, where: string): void {
  const { method, url = '', headersDistinct } = message
  const body = JSON.stringify({
    request: { method, url: `https://tools.example.org${url}`, headers: headersDistinct },
    action: { name: 'call' },
    resource: { type: 'tool', id: url.slice('/mcp/'.length) },
  })
  const asking = request(
    where,
    {
      method: 'POST',
      ca: file('ca.crt'),
      headers: { authorization: `Bearer ${file('pep.key')}`, 'content-type': 'application/json' },
      timeout: 2_000,
    },
    (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      answer.on('end', () => {
        const { decision, obligations, respond } = answer.statusCode === 200 ? (JSON.parse(text) as Decision) : failed
        if (decision === 'allow' && obligations.length === 0) serve(message, response)
        else response.writeHead(decision === 'allow' ? 403 : respond.status).end()
      })
    },
  )
  asking.on('timeout', () => asking.destroy()).on('error', () => response.writeHead(503).end())
  asking.end(body)
}

interface Decision {
  readonly decision: string
  readonly obligations: readonly unknown[]
  readonly respond: { readonly status: number }
}
const failed: Decision = { decision: 'deny', obligations: [], respond: { status: 503 } }

const server =
  ask === undefined
    ? createServer(serve)
    : createTlsServer({ cert: file('tls.crt'), key: file('tls.key') }, (message, response) =>
        whenAllowed(message, response, ask),
      )
server.listen(8080, '0.0.0.0', () => process.stdout.write(`${name}: listening\n`))
process.on('SIGTERM', () => process.exit(0))
