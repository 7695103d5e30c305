import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { Ask } from '../../core/ask.ts'
import { clauses } from '../../core/clause.ts'
import type { Decision } from '../../core/decision.ts'
import { type Refusal, refuse } from '../../core/result.ts'
import type { Decide } from '../../decide.ts'
import type { ConcurrencyLimit } from '../concurrency-limit.ts'
import { type Admitted, admit, type Directory } from '../admit.ts'
import type { PepCertificateOf } from '../http/pep-certificate.ts'
import { type PepTls, pepTlsOptions } from '../pep-tls.ts'
import { type ReadRequestOptions, readAskedRequest, readPepKey } from './read-request.ts'
import { dryRunProxyReply, type ProxyReply, refusedProxyReply, toProxyReply } from './to-reply.ts'

export const httpAuthzServerClauses = clauses({
  inFlight: 'http-authz-asks-in-flight',
  fault: 'http-authz-fault',
  connect: 'http-authz-connect',
  parsed: 'http-authz-request-form',
})

/** Bounds of the listener. Lengths of time in milliseconds. */
export interface HttpAuthzLimits {
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly connections: number
}

/** What is told of each request. Must return at once and never throw. */
export interface HttpAuthzEvents {
  refused(refusal: Refusal): void
  decided(decision: Decision, ask: Ask, seconds: number): void
}

export interface HttpAuthzServerParts extends ReadRequestOptions {
  /** Taken once per request, so that a reload never mixes. */
  readonly current: () => Directory & { readonly decide: Decide }
  /** The key of the listener in the configuration. */
  readonly listener: string
  /** The service asked about; absent: the only one of the enforcement point. */
  readonly service?: string
  readonly limits: HttpAuthzLimits
  readonly concurrency: ConcurrencyLimit
  readonly events: HttpAuthzEvents
  readonly certificateOf: PepCertificateOf
  readonly tls?: PepTls
  /** Monotonic milliseconds. */
  readonly now: () => number
}

const maximumHeadBytes = 65_536
const fault = refuse('INTERNAL', httpAuthzServerClauses.fault, 'this request could not be handled')

/**
 * Makes the server that reverse proxies ask before they forward a request; it does not listen yet. Any method and any
 * path is a question, and nothing else is answered here: a proxy takes every 200 for an allow.
 */
export function createHttpAuthzServer(parts: HttpAuthzServerParts): Server | TlsServer {
  const { limits, tls, events, concurrency, now } = parts

  async function answer(message: IncomingMessage): Promise<ProxyReply> {
    const pepKey = readPepKey(message)
    if (!pepKey.ok) return refused(pepKey)
    const { decide, ...directory } = parts.current()
    const connection = {
      authorization: pepKey.value === undefined ? undefined : `Bearer ${pepKey.value}`,
      certificate: await parts.certificateOf(message.socket, directory.verifyPepCertificate),
      socket: message.socket.remoteAddress === undefined ? parts.listener : undefined,
      address: message.socket.remoteAddress,
    }
    const known = admit(connection, parts.service, directory)
    if (!known.ok) return refused(known)
    const { service } = known.value
    const reply = judge(message, known.value, decide)
    if (!service.dryRun) return reply
    await reply.catch(() => refused(fault))
    return dryRunProxyReply(service)
  }

  async function judge(message: IncomingMessage, { pep, service }: Admitted, decide: Decide): Promise<ProxyReply> {
    const asked = readAskedRequest(message, parts, service.coveredHeaders)
    if (!asked.ok) return refused(asked)
    const { request, evidence, covered, sourceAddress, trace } = asked.value
    const began = now()
    const ask: Ask = {
      door: parts.listener,
      pep,
      service,
      evidence: {
        headers: evidence,
        credentials: [],
        ...(covered.size > 0 && { covered }),
        ...(sourceAddress && { sourceAddress }),
      },
      questions: [{}],
      context: {},
      request,
      ...(service.dryRun && { dryRun: true }),
      ...(trace && { trace }),
    }
    const decision = await decide(ask)
    events.decided(decision, ask, (now() - began) / 1000)
    return toProxyReply(decision, service)
  }

  function refused(refusal: Refusal): ProxyReply {
    events.refused(refusal)
    return refusedProxyReply(refusal)
  }

  async function admitted(message: IncomingMessage): Promise<ProxyReply> {
    if (!(await concurrency.enter())) {
      return refused(refuse('SHED', httpAuthzServerClauses.inFlight, 'too many asks are under way'))
    }
    const began = now()
    return answer(message)
      .catch(() => refused(fault))
      .finally(() => concurrency.leave(now() - began))
  }

  const listener = (message: IncomingMessage, response: ServerResponse) => {
    message.resume() // a body is no part of the question
    admitted(message)
      .then((reply) => send(response, reply))
      .catch(() => message.destroy())
  }
  const options: ServerOptions = {
    maxHeaderSize: maximumHeadBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
  }
  const server = tls
    ? createTlsServer({ ...options, ...pepTlsOptions(tls) }, listener)
    : createServer(options, listener)
  server.maxConnections = limits.connections
  server.on('clientError', (error, socket) => {
    if (socket.writableEnded) return // it is told of every piece that follows
    if (!socket.writable || ('code' in error && error.code === 'ECONNRESET')) {
      socket.destroy()
      return
    }
    refused(refuse('REQUEST_MALFORMED', httpAuthzServerClauses.parsed, 'the request cannot be read as HTTP/1.1'))
    denyAndLinger(socket)
  })
  // Node closes the connection of a CONNECT that nobody listens for: to a proxy an error, which may let the request pass
  server.on('connect', (_, socket) => {
    refused(refuse('REQUEST_MALFORMED', httpAuthzServerClauses.connect, 'CONNECT has no path that could be allowed'))
    denyAndLinger(socket)
  })
  return server
}

const lingerMs = 2_000
const denial = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

/**
 * Denies, and goes on reading for a while what is still sent: a connection that ends with bytes unread is reset, and then
 * the proxy may see an error instead of the answer.
 */
function denyAndLinger(socket: Duplex): void {
  socket.on('error', () => socket.destroy())
  socket.end(denial)
  socket.resume()
  setTimeout(() => socket.destroy(), lingerMs).unref()
}

function send(response: ServerResponse, { status, headers }: ProxyReply): void {
  response.writeHead(status, { ...headers, 'content-length': 0, 'cache-control': 'no-store' })
  response.end()
}
