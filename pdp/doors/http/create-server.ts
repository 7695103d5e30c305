import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { Decide } from '../../decide.ts'
import type { Directory } from '../admit.ts'
import type { AskEvents } from '../authorize/answer-ask.ts'
import type { ConcurrencyLimit } from '../concurrency-limit.ts'
import { createApp } from './app.ts'
import { answerClientError } from './client-error.ts'
import { type PepTls, pepTlsOptions } from '../pep-tls.ts'
import { createHandler } from './handle-authorize.ts'

/** Bounds of the listener. Lengths of time in milliseconds. */
export interface DecisionsLimits {
  readonly bodyBytes: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly connections: number
}

export interface DecisionsServerParts {
  /** Taken once per request, so that a reload never mixes. */
  readonly current: () => Directory & { readonly decide: Decide }
  /** The key of the listener in the configuration. */
  readonly listener: string
  readonly limits: DecisionsLimits
  /** Asks under way at once; what finds no place is shed with 503. */
  readonly concurrency: ConcurrencyLimit
  readonly events: AskEvents
  readonly tls?: PepTls
  readonly demo: boolean
  /** Monotonic milliseconds. */
  readonly now: () => number
}

const maximumHeadBytes = 16_384

/**
 * Makes the server of the decisions listener; it does not listen yet. `POST /authorize[/{service}]` is answered before
 * Express sees it, everything else by the Express application.
 */
export function createDecisionsServer(parts: DecisionsServerParts): Server | TlsServer {
  const { limits, tls } = parts
  const app = createApp(parts.events)
  const authorize = createHandler(parts)
  const options: ServerOptions = {
    maxHeaderSize: maximumHeadBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
    // Express sets the prototypes of every request and response to its own, which is slow; made so, it changes nothing
    IncomingMessage: app.IncomingMessage,
    ServerResponse: app.ServerResponse,
  }
  const listener = (message: IncomingMessage, response: ServerResponse) => {
    if (!authorize(message, response)) app.handle(message, response)
  }
  const server = tls
    ? createTlsServer({ ...options, ...pepTlsOptions(tls) }, listener)
    : createServer(options, listener)
  server.maxConnections = limits.connections
  server.on('clientError', answerClientError(parts.events))
  return server
}
