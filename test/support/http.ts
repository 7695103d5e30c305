import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createConcurrencyLimit } from '../../pdp/doors/concurrency-limit.ts'
import {
  createDecisionsServer,
  type DecisionsLimits,
  type DecisionsServerParts,
} from '../../pdp/doors/http/create-server.ts'
import { createTestDecisionPoint, gatewayKey, type TestDecisionPoint } from './decision-point.ts'

export const testLimits: DecisionsLimits = {
  bodyBytes: 65_536,
  headersTimeoutMs: 400,
  requestTimeoutMs: 600,
  idleTimeoutMs: 2_000,
  connections: 256,
}

/** A listener over the test world, on a free port of loopback. */
export interface TestServer {
  readonly port: number
  readonly server: Server
  readonly point: TestDecisionPoint
  readonly refused: string[]
  close(): Promise<void>
}

export async function startTestServer(
  changes: Partial<DecisionsServerParts> = {},
  point?: TestDecisionPoint,
): Promise<TestServer> {
  const decisions = point ?? (await createTestDecisionPoint())
  const refused: string[] = []
  const server = createDecisionsServer({
    current: () => decisions,
    listener: 'decisions',
    limits: testLimits,
    concurrency: createConcurrencyLimit({ maximum: 64, targetMs: 10_000 }),
    events: { requestRefused: (code) => void refused.push(code), decided: () => undefined },
    demo: false,
    now: () => performance.now(),
    ...changes,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    server,
    point: decisions,
    refused,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export interface RawReply {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** Whether the server closed the connection after this reply. */
  readonly closed: boolean
}

/** Sends bytes as they are and reads one reply. `pieces` are sent one after another, with the pause given before each. */
export async function sendRaw(
  port: number,
  pieces: readonly (string | Buffer | { readonly pause: number })[],
  patience = 3_000,
): Promise<RawReply> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  let closed = false
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    received += text
  })
  socket.on('close', () => {
    closed = true
  })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  for (const piece of pieces) {
    if (typeof piece === 'object' && 'pause' in piece) await delay(piece.pause)
    else if (!closed) socket.write(piece)
  }
  const until = performance.now() + patience
  while (performance.now() < until && !isWhole(received) && !closed) await delay(5)
  await delay(30) // for the end of the connection to arrive
  socket.destroy()
  return { ...parse(received), closed }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  const length = /content-length: (\d+)/i.exec(text)?.[1]
  return end >= 0 && length !== undefined && text.length >= end + 4 + Number(length)
}

function parse(text: string): Omit<RawReply, 'closed'> {
  const end = text.indexOf('\r\n\r\n')
  const [status, ...lines] = text.slice(0, Math.max(0, end)).split('\r\n')
  return {
    status: Number(status?.split(' ')[1] ?? 0),
    headers: new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    ),
    body: text.slice(end + 4),
  }
}

export interface AuthorizeParts {
  readonly path?: string
  readonly method?: string
  readonly headers?: readonly string[]
  readonly key?: string | null
  readonly contentType?: string | null
  readonly body: string | Buffer
}

/** The bytes of a request to `POST /authorize`. */
export function authorizeBytes({
  path = '/authorize/orders',
  method = 'POST',
  headers = [],
  key = gatewayKey,
  contentType = 'application/json',
  body,
}: AuthorizeParts): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    ...(key === null ? [] : [`authorization: Bearer ${key}`]),
    ...(contentType === null ? [] : [`content-type: ${contentType}`]),
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body)])
}
