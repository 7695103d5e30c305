import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { SecureVersion } from 'node:tls'
import type { JsonObject } from '../../pdp/core/json.ts'
import type { ServerCertificate } from './server-certificate.ts'
import { listenAt, listenSteadily } from './steady-port.ts'

/** How the server answers one path. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export const discoveryPath = '/.well-known/openid-configuration'
export const keysPath = '/keys'

/** A real issuer on loopback. Requests are counted by path, connections altogether. */
export interface IssuerServer {
  readonly origin: string
  readonly port: number
  readonly keysUrl: string
  readonly requests: readonly string[]
  connections(): number
  count(path: string): number
  answer(path: string, answer: Answer): void
  publish(keys: readonly JsonObject[]): void
  describe(discovery: JsonObject): void
  /** Stops listening, cutting every connection. `up` listens on the same port again. */
  down(): Promise<void>
  up(): Promise<void>
}

export interface IssuerServerOptions {
  readonly tls?: ServerCertificate & { readonly maxVersion?: SecureVersion; readonly minVersion?: SecureVersion }
  /** The host name in `origin`, where it is not the address. */
  readonly host?: string
}

export async function startIssuer({ tls, host = '127.0.0.1' }: IssuerServerOptions = {}): Promise<IssuerServer> {
  const answers = new Map<string, Answer>()
  const requests: string[] = []
  let connections = 0
  const listener: RequestListener = (request, response) => {
    const path = request.url ?? ''
    requests.push(path)
    const answer = answers.get(path) ?? status(404)
    answer(request, response)
  }
  const server = tls ? createTlsServer({ ...tls, ciphers: 'DEFAULT@SECLEVEL=0' }, listener) : createServer(listener)
  server.on('connection', () => void connections++)
  server.on('tlsClientError', () => {})
  const port = await listenSteadily(server)
  const origin = `${tls ? 'https' : 'http'}://${host}:${port}`
  const publish = (keys: readonly JsonObject[]) => answers.set(keysPath, json({ keys }))
  const describe = (discovery: JsonObject) => answers.set(discoveryPath, json(discovery))
  publish([])
  describe({ issuer: origin, jwks_uri: `${origin}${keysPath}` })
  return {
    origin,
    port,
    keysUrl: `${origin}${keysPath}`,
    requests,
    connections: () => connections,
    count: (path) => requests.filter((seen) => seen === path).length,
    answer: (path, answer) => void answers.set(path, answer),
    publish,
    describe,
    async down() {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
    up: () => listenAt(server, port),
  }
}

/** Answers with a JSON document; `type` is its media type. */
export const json =
  (document: unknown, type = 'application/json'): Answer =>
  (_, response) => {
    response.setHeader('content-type', type)
    response.end(JSON.stringify(document))
  }

export const status =
  (code: number): Answer =>
  (_, response) => {
    response.writeHead(code, { 'content-type': 'application/json' }).end('{}')
  }

export const redirect =
  (location: string, code = 302): Answer =>
  (_, response) => {
    response.writeHead(code, { location, 'content-type': 'application/json' }).end('{}')
  }

/** A JSON document of exactly `bytes` bytes, in chunks without a length. */
export const sized =
  (bytes: number): Answer =>
  (_, response) => {
    response.setHeader('content-type', 'application/json')
    response.write('{"keys":[]')
    for (let left = bytes - 11; left > 0; left -= 65_536) response.write(' '.repeat(Math.min(left, 65_536)))
    response.end('}')
  }

/** Sends a byte each `every` milliseconds, and never the end. */
export const slowBody =
  (every: number): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => response.write(' '), every)
    response.on('close', () => clearInterval(timer))
  }

/** Sends nothing at all. */
export const silent: Answer = () => {}

/** Sends what is not HTTP, or not all of it, and hangs up. */
export const raw =
  (bytes: string): Answer =>
  (request) => {
    request.socket.end(bytes)
  }

/** Cuts the connection. */
export const reset: Answer = (request) => {
  request.socket.resetAndDestroy()
}
