import type { Server as HttpServer } from 'node:http'
import { Server } from 'node:net'

/** A server that is being emptied. */
export interface Drain {
  /** Resolves when no connection is left; true if none had to be cut. */
  readonly empty: Promise<boolean>
  /** Idle connections are closed from now on, without waiting for their clients to hear of it. */
  hurry(): void
  /** Ends what is still open. */
  cut(): void
}

const lingerMs = 1_000
const lookMs = 25

/**
 * Empties an HTTP server: takes no more connections, answers every request that still arrives, each with
 * `Connection: close`, and closes what stays idle after a second. Closing idle connections at once would meet requests
 * that are on their way, and those would fail.
 */
export function drain(server: HttpServer): Drain {
  let idle: NodeJS.Timeout | undefined
  let cutShort = false
  const hurry = () => {
    idle ??= setInterval(() => server.closeIdleConnections(), lookMs)
  }
  server.prependListener('request', (_, response) => {
    response.shouldKeepAlive = false
  })
  const linger = setTimeout(hurry, lingerMs)
  const empty = new Promise<boolean>((resolve) => {
    // the close of HTTP servers would close idle connections too
    Server.prototype.close.call(server, () => {
      clearTimeout(linger)
      clearInterval(idle)
      resolve(!cutShort)
    })
  })
  return {
    empty,
    hurry,
    cut() {
      cutShort = true
      server.closeAllConnections()
    },
  }
}
