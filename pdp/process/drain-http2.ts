import type { Http2Listener } from '../doors/http2/server.ts'
import type { Drain } from './drain.ts'

/**
 * Prepares an HTTP/2 server for its end. Once begun, each connection is told to go elsewhere (GOAWAY), streams that are
 * open are answered, and the connection ends with its last one.
 */
export function createHttp2Drain({ server, leave, cut }: Http2Listener): Drain {
  let clean = true
  return {
    begin() {
      leave()
      return new Promise((resolve) => {
        server.close(() => resolve(clean))
      })
    },
    hurry: () => undefined, // no connection is kept for its own sake
    cut() {
      if (cut()) clean = false
    },
  }
}
