import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createClient } from '../../../sdk/index.ts'
import { createNodeFetch } from '../../../sdk/node-fetch.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'
import { listenAt, listenSteadily } from '../../support/steady-port.ts'
import { allow, ask } from '../../unit/sdk/replies.ts'

// Decision points that misbehave, over real connections: through the runtime's fetch, and through Node's own client.

const servers: Server[] = []
const end = async (server: Server) => {
  if (!server.listening) return
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map(end))
})

// Each row of what a resource server may meet: down, slow, restarting, garbage, a wrong certificate, a redirect, a huge body, an
// old version. Each is a deny by name within the deadline, holds nothing that was sent, and has a twin that is allowed.

const deadlineMs = 1_500
const text = JSON.stringify(allow)
const json = { 'content-type': 'application/json' }
const good: RequestListener = (_, response) => void response.writeHead(200, json).end(text)

async function started(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
}

describe.each([
  { over: 'fetch of the runtime', fetch: undefined },
  { over: 'HTTP of Node', fetch: createNodeFetch({}) },
])('$over', ({ fetch }) => {
  const clientOf = (url: string) =>
    createClient({ url, key: 'sp_pep_key', deadlineMs, breaker: { failures: 1_000 }, ...(fetch && { fetch }) })

  const elsewhere: string[] = []
  const rows: readonly (readonly [string, RequestListener, string])[] = [
    ['is slow', (_, response) => void setTimeout(() => good(_, response), 60_000).unref(), 'TIMEOUT'],
    ['sends the head alone', (_, response) => response.writeHead(200, json).flushHeaders(), 'TIMEOUT'],
    ['drips', (_, response) => drip(response.writeHead(200, json)), 'TIMEOUT'],
    ['cuts the connection', (message) => void message.socket.destroy(), 'UNREACHABLE'],
    ['breaks off', (_, response) => breakOff(response.writeHead(200, json)), 'UNREACHABLE'],
    ['sends without end', (_, response) => flood(response.writeHead(200, json)), 'REPLY_MALFORMED'],
    ['announces a huge body, more than is taken', (_, response) => huge(response), 'REPLY_MALFORMED'],
    [
      'answers garbage',
      (_, response) => void response.writeHead(200, json).end('\0\0{"decision":"allow"}'),
      'REPLY_MALFORMED',
    ],
    [
      'answers as an old version did',
      (_, response) => void response.writeHead(200, json).end('{"result":true}'),
      'REPLY_MALFORMED',
    ],
    ['redirects', (_, response) => void response.writeHead(307, { location: elsewhere[0] }).end(), 'REFUSED'],
  ]
  test.each(rows)('one that %s', async (_, listener, code) => {
    let led = 0
    elsewhere[0] = await started((message, response) => {
      led++
      good(message, response)
    })
    expect((await clientOf(await started(good)).authorize(ask)).decision, 'the twin').toBe('allow')
    const before = performance.now()
    const decision = await clientOf(await started(listener)).authorize(ask)
    expect(decision).toMatchObject({ decision: 'deny', failure: { code } })
    expect(JSON.stringify(decision)).not.toMatch(/secret|sp_pep/)
    expect(performance.now() - before).toBeLessThan(deadlineMs + 10_000) // a busy machine may be late, never hang
    expect(led).toBe(0)
  })

  test('one that is down', async () => {
    const server = createServer(good)
    servers.push(server)
    const url = `http://127.0.0.1:${await listenSteadily(server)}`
    expect((await clientOf(url).authorize(ask)).decision, 'the twin').toBe('allow')
    await end(server)
    const decision = await clientOf(url).authorize(ask)
    expect(decision).toMatchObject({ decision: 'deny', failure: { code: 'UNREACHABLE', transient: true } })
    expect(JSON.stringify(decision)).not.toMatch(/secret|sp_pep/)
  })

  test('one that restarts is asked again, with connections that it has closed', async () => {
    const server = createServer(good)
    servers.push(server)
    const port = await listenSteadily(server)
    const client = clientOf(`http://127.0.0.1:${port}`)
    expect((await client.authorize(ask)).decision).toBe('allow')
    await end(server)
    expect((await client.authorize(ask)).failure?.code).toBe('UNREACHABLE')
    await listenAt(server, port)
    expect((await client.authorize(ask)).decision).toBe('allow')
  })
})

describe('TLS', () => {
  const certificate = createServerCertificate([])
  const other = createServerCertificate([])
  const rows = [
    ['of another authority', certificate, other.cert],
    ['of another name', createServerCertificate(['pdp.internal'], false), undefined],
  ] as const
  test.each(rows)('a certificate %s is not taken', async (_, shown, ca = shown.cert) => {
    let asked = 0
    const server = createTlsServer(shown, (message, response) => {
      asked++
      good(message, response)
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
    const decision = await createClient({ url, fetch: createNodeFetch({ ca }) }).authorize(ask)
    expect(decision).toMatchObject({ decision: 'deny', failure: { code: 'UNREACHABLE' } })
    expect(JSON.stringify(decision)).not.toMatch(/secret|CERTIFICATE/)
    expect(asked).toBe(0)
  })

  test('the right one is', async () => {
    const server = createTlsServer(certificate, good)
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
    const fetch = createNodeFetch({ ca: certificate.cert })
    expect((await createClient({ url, fetch }).authorize(ask)).decision).toBe('allow')
  })
})

type Response = Parameters<RequestListener>[1]
function drip(response: Response): void {
  let at = 0
  const timer = setInterval(() => response.write(text[at++ % text.length]), 50)
  response.on('close', () => clearInterval(timer))
}
function breakOff(response: Response): void {
  response.write(text.slice(0, 40))
  setTimeout(() => response.destroy(), 20)
}
function flood(response: Response): void {
  const more = () => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
  }
  response.on('drain', more)
  more()
}
function huge(response: Response): void {
  const body = JSON.stringify({ ...allow, x: 'x'.repeat(2_000_000) })
  response.writeHead(200, { ...json, 'content-length': body.length }).end(body)
}
