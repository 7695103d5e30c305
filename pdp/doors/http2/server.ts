import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls'
import { type Connection, type ConnectionParts, serveConnection } from './connection.ts'
import { createReceiveBudget } from './receive-budget.ts'

/** Lengths of time in milliseconds. */
export interface Http2Limits {
  readonly streamsPerConnection: number
  readonly connections: number
  /** Until a client has to go on with what it began. */
  readonly requestTimeoutMs: number
  /** Until a connection on which nothing happens is ended. */
  readonly idleTimeoutMs: number
}

export interface Http2ServerParts {
  readonly route: ConnectionParts['route']
  readonly limits: Http2Limits
  readonly tls?: TlsOptions
}

/** A server and its connections. */
export interface Http2Listener {
  /** What listens, once it is told to. */
  readonly server: Server
  /** Tells all clients to go elsewhere, those that still come too. What is open is answered. */
  leave(): void
  /** Ends all connections. Answers whether there were any. */
  cut(): boolean
}

const protocol = 'h2'
const keepAliveMs = 30_000
const budget = { promised: 67_108_864, held: 268_435_456, heldByEach: 1_048_576 } // bytes of bodies that are not there whole
const turnsOfPatience = 4
const longestTurnMs = 1_000
const shortestTurnMs = 10

/**
 * Makes a server of HTTP/2 over TCP, Unix sockets, or TLS by ALPN. One timer looks at all connections and streams: what
 * may take so long is ended at most a quarter later.
 */
export function createHttp2Server({ route, limits, tls }: Http2ServerParts): Http2Listener {
  const { requestTimeoutMs, idleTimeoutMs } = limits
  const connections = new Set<Connection>()
  const turnMs = Math.max(shortestTurnMs, Math.min(longestTurnMs, requestTimeoutMs / turnsOfPatience))
  const turnsIn = (ms: number) => Math.ceil(ms / turnMs) + 1 // the first may have begun long ago
  const second = turnsIn(1_000)
  let turn = 0
  let isLeaving = false
  const parts: ConnectionParts = {
    route,
    streams: limits.streamsPerConnection,
    budget: createReceiveBudget(budget),
    turn: () => turn,
    patience: turnsIn(requestTimeoutMs),
    idle: turnsIn(idleTimeoutMs),
  }

  function serve(socket: Socket): void {
    socket.on('error', () => socket.destroy()) // a client that goes away is no fault of ours
    if (socket instanceof TLSSocket && socket.alpnProtocol !== protocol) return void socket.destroy()
    const connection = serveConnection(socket, parts)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
    if (isLeaving) connection.leave()
  }

  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs }
  const server = tls
    ? createTlsServer({ ...options, ...tls, ALPNProtocols: [protocol], handshakeTimeout: requestTimeoutMs })
    : createServer(options)
  server.maxConnections = limits.connections
  server.on(tls ? 'secureConnection' : 'connection', serve)
  let timer: NodeJS.Timeout | undefined
  server.on('listening', () => {
    timer = setInterval(() => {
      turn++
      for (const connection of connections) {
        connection.look()
        if (turn % second === 0) connection.renew()
      }
    }, turnMs).unref()
  })
  server.on('close', () => clearInterval(timer))
  return {
    server,
    leave() {
      isLeaving = true
      for (const connection of connections) connection.leave()
    },
    cut() {
      const any = connections.size > 0
      for (const connection of connections) connection.destroy()
      return any
    },
  }
}
