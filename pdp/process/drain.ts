import type { Server as HttpServer } from 'node:http'
import { Server, type Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** How a server is emptied. */
export interface Drain {
  /** Takes no more connections; resolves when none is left, to whether no request had to be cut. */
  begin(): Promise<boolean>
  /** Idle connections are closed from now on, without waiting for their clients to hear of it. */
  hurry(): void
  /** Ends what is still open. */
  cut(): void
}

const lingerMs = 1_000
const lookMs = 25
const mostTurns = 200

/**
 * Prepares an HTTP server for its end. Once begun, every request that still arrives is answered, with `Connection:
 * close`, and what stays idle is closed after a second. Closing idle connections at once would meet requests that are on
 * their way, and those would fail.
 */
export function createDrain(server: HttpServer): Drain {
  const raw = track(server, 'connection')
  // what speaks HTTP: over TLS that is another socket, which counts what it decrypted
  const speaking = server instanceof TlsServer ? track(server, 'secureConnection') : raw
  let idle: NodeJS.Timeout | undefined
  let clean = true

  const look = () => {
    server.closeIdleConnections()
    // Node takes one that never sent a byte for busy
    for (const socket of speaking) if (socket.bytesRead === 0) socket.destroy()
  }
  const hurry = () => {
    idle ??= setInterval(look, lookMs)
  }
  return {
    begin() {
      server.prependListener('request', (_, response) => {
        response.shouldKeepAlive = false
      })
      const linger = setTimeout(hurry, lingerMs)
      return new Promise((resolve) => {
        // the close of HTTP servers would close idle connections too
        const close = () =>
          Server.prototype.close.call(server, () => {
            clearTimeout(linger)
            clearInterval(idle)
            resolve(clean)
          })
        whenQuiet(server, close)
      })
    },
    hurry,
    cut() {
      look()
      if ([...speaking].some((socket) => !socket.destroyed)) clean = false
      for (const socket of [...speaking, ...raw]) socket.destroy()
    },
  }
}

/**
 * Acts after a turn in which no connection came, or soon in any case: the system resets those that wait to be taken when
 * their listener closes.
 */
function whenQuiet(server: HttpServer, act: () => void): void {
  let came = false
  let turns = 0
  server.on('connection', () => {
    came = true
  })
  const look = () => {
    if ((!came && turns > 0) || turns >= mostTurns) return act()
    came = false
    turns++
    setImmediate(look)
  }
  look()
}

function track(server: HttpServer, event: 'connection' | 'secureConnection'): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on(event, (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}
