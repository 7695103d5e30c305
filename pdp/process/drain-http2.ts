import { type Http2SecureServer, type Http2Server, constants, type ServerHttp2Session } from 'node:http2'
import { Server } from 'node:net'
import type { Drain } from './drain.ts'

/**
 * Prepares an HTTP/2 server for its end. Once begun, each connection is told to go elsewhere (GOAWAY), streams that are
 * open are answered, and the connection ends with its last one.
 */
export function createHttp2Drain(server: Http2Server | Http2SecureServer): Drain {
  const sessions = new Set<ServerHttp2Session>()
  let begun = false
  let clean = true
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    if (begun) leave(session)
  })
  return {
    begin() {
      begun = true
      for (const session of sessions) leave(session)
      return new Promise((resolve) => Server.prototype.close.call(server, () => resolve(clean)))
    },
    hurry: () => undefined, // no connection is kept for its own sake
    cut() {
      for (const session of sessions) {
        clean = false
        session.destroy()
      }
    },
  }
}

/** The first GOAWAY says no stream was refused yet: one that is on its way is still answered (RFC 9113 §6.8). */
function leave(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) return
  session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1)
  setImmediate(() => {
    if (!session.closed && !session.destroyed) session.close()
  })
}
