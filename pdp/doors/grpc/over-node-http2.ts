import {
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type Http2Session,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import { ok, type Result, refuse } from '../../core/result.ts'
import { pepTlsOptions } from '../pep-tls.ts'
import { maxStreamId } from '../http2/frames.ts'
import type { Http2Listener } from '../http2/server.ts'
import {
  type DialogueMethod,
  type GrpcCall,
  type GrpcServerParts,
  isGrpc,
  notGrpcText,
  type StreamMethod,
  type UnaryMethod,
} from './methods.ts'
import { firstFramed, framed, framingClauses, readFramed } from './framing.ts'
import { type GrpcFault, grpcFault, grpcStatus, statusFields } from './status.ts'
import { timeoutMsOf } from './timeout.ts'

const headerBytes = 65_536
// Streams a client may give up at once, and per second thereafter (CVE-2023-44487). Far more than a proxy can cause, since
// its clients choose how many checks it gives up, and what is in flight on a connection that we end is an error to it,
// which may let requests pass. What resets cost is bounded by the asks under way: those given up still count.
const resetBurst = 50_000
const rejectedStreams = 10_000
const sessionMegabytes = 256 // of all streams of a proxy; what it refuses beyond that is an error to it, as above
const answerFields = { ':status': 200, 'content-type': 'application/grpc' } as const

/** The same server over the HTTP/2 of Node, for whoever would rather trust that one. */
export function createGrpcServerOverNode({ methods, limits, tls }: GrpcServerParts): Http2Listener {
  const options = {
    maxHeaderListPairs: 256,
    maxSessionRejectedStreams: rejectedStreams,
    maxSessionMemory: sessionMegabytes,
    streamResetBurst: resetBurst,
    streamResetRate: resetBurst,
    settings: {
      maxConcurrentStreams: limits.streamsPerConnection,
      maxHeaderListSize: headerBytes,
      enablePush: false,
    },
  }
  const server = tls
    ? createSecureServer({ ...options, ...pepTlsOptions(tls), allowHTTP1: false })
    : createServer(options)
  server.maxConnections = limits.connections
  const socketOf = rememberSockets(server)
  const sessions = new Set<ServerHttp2Session>()
  let isLeaving = false
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.setTimeout(limits.idleTimeoutMs, () => session.close())
    session.on('error', () => session.destroy())
    if (isLeaving) tellToGo(session)
  })
  server.on('sessionError', () => undefined) // told by the session itself
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy()) // a client that gives up is no fault of ours
    const socket = socketOf(stream.session)
    if (!socket) return stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    const timeoutMs = timeoutMsOf(headers['grpc-timeout']?.toString())
    const call = { headers: textsOf(headers), socket, ...(timeoutMs !== undefined && { timeoutMs }) }
    serve(stream, headers, call)
  })
  return {
    server,
    leave() {
      isLeaving = true
      for (const session of sessions) tellToGo(session)
    },
    cut() {
      const any = sessions.size > 0
      for (const session of sessions) session.destroy()
      return any
    },
  }

  function serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, call: GrpcCall): void {
    if (!isGrpc(headers[':method']?.toString(), headers['content-type'])) {
      stream.respond({ ':status': 415, 'content-type': 'text/plain' })
      stream.end(notGrpcText)
      return
    }
    const method = methods.get(String(headers[':path']))
    if (!method) return fail(stream, grpcFault(grpcStatus.unimplemented, 'no such method here'))
    stream.setTimeout(limits.requestTimeoutMs, () => stream.close(constants.NGHTTP2_CANCEL))
    if (method.kind === 'dialogue') return holdDialogue(stream, method, limits.messageBytes)
    readBody(stream, limits.messageBytes, (body) => {
      stream.setTimeout(0)
      const message = body.ok ? readFramed(body.value) : body
      if (!message.ok) {
        if (method.kind === 'unary' && method.refuse) return reply(stream, method.refuse(message, call))
        return fail(stream, grpcFault(grpcStatus.invalidArgument, message.detail))
      }
      if (method.kind === 'stream') openStream(stream, method, message.value)
      else void answerUnary(stream, method, message.value, call)
    })
  }
}

/** The first GOAWAY says no stream was refused yet: one that is on its way is still answered (RFC 9113 §6.8). */
function tellToGo(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) return
  session.goaway(constants.NGHTTP2_NO_ERROR, maxStreamId)
  setImmediate(() => {
    if (!session.closed && !session.destroyed) session.close()
  })
}

const textsOf = (headers: IncomingHttpHeaders): GrpcCall['headers'] =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )

async function answerUnary(
  stream: ServerHttp2Stream,
  method: UnaryMethod,
  message: Buffer,
  call: GrpcCall,
): Promise<void> {
  const answer = await method.answer(message, call)
  if ('code' in answer) fail(stream, answer)
  else reply(stream, answer)
}

function openStream(stream: ServerHttp2Stream, method: StreamMethod, message: Buffer): void {
  const end = method.open(message, (answer) => {
    if (stream.destroyed) return
    if (!stream.headersSent) stream.respond(answerFields, { waitForTrailers: true })
    stream.write(framed(answer))
  })
  if (typeof end !== 'function') return fail(stream, end)
  stream.once('close', end)
}

/**
 * Answers each message as it comes, no faster than the answers are taken; the stream's timeout counts from the last. Ends where the
 * client has said all.
 */
function holdDialogue(stream: ServerHttp2Stream, method: DialogueMethod, most: number): void {
  let rest: Buffer = Buffer.alloc(0)
  let [said, over] = [false, false]
  let status = statusFields()
  const end = (fault?: GrpcFault) => {
    over = true
    if (fault) status = statusFields(fault)
    stream.resume().end()
  }
  const answerAll = (): void => {
    while (!over) {
      if (stream.writableNeedDrain) return void stream.pause() // who asks on without reading would fill our memory
      const first = firstFramed(rest, most)
      if (first === undefined) break
      const answer = first.ok ? method.answer(first.value.message) : grpcFault(grpcStatus.invalidArgument, first.detail)
      if ('code' in answer) return end(answer)
      if (first.ok) rest = first.value.rest
      stream.write(framed(answer))
    }
    if (said && !over) end()
  }
  stream.respond(answerFields, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers(status))
  stream.on('data', (part: Buffer) => {
    if (over) return
    rest = Buffer.concat([rest, part])
    answerAll()
  })
  stream.on('drain', () => {
    stream.resume()
    answerAll()
  })
  stream.once('end', () => {
    said = true
    answerAll()
  })
}

/** Gathers a body. Hands over a refusal where it is too long; nothing where the client went away. */
function readBody(stream: ServerHttp2Stream, most: number, done: (body: Result<Buffer>) => void): void {
  const parts: Buffer[] = []
  let length = 0
  let over = false
  stream.on('data', (part: Buffer) => {
    if (over) return
    length += part.length
    if (length > most) {
      over = true
      parts.length = 0
      done(refuse('REQUEST_MALFORMED', framingClauses.size, `message longer than ${most} bytes`))
      return
    }
    parts.push(part)
  })
  stream.once('end', () => {
    if (over || stream.destroyed) return
    const [only] = parts
    done(ok(parts.length === 1 && only ? only : Buffer.concat(parts)))
  })
}

function reply(stream: ServerHttp2Stream, message: Buffer): void {
  if (stream.destroyed || stream.headersSent) return
  stream.respond(answerFields, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers(statusFields()))
  stream.end(framed(message))
}

/** An answer of trailers alone. */
function fail(stream: ServerHttp2Stream, fault: GrpcFault): void {
  if (stream.destroyed || stream.headersSent) return
  stream.respond({ ...answerFields, ...statusFields(fault) }, { endStream: true })
}

/** The socket of each session: what the session itself shows is a stand-in that hides the certificate's methods. */
function rememberSockets(
  server: Http2Server | Http2SecureServer,
): (session: Http2Session | undefined) => Socket | undefined {
  const sockets = new WeakMap<Http2Session, Socket>()
  let arriving: Socket | undefined
  // the session is made, and told of, within this very event
  const event = 'setSecureContext' in server ? 'secureConnection' : 'connection'
  server.prependListener(event, (socket: Socket) => {
    arriving = socket
  })
  server.on('session', (session) => {
    if (arriving) sockets.set(session, arriving)
  })
  return (session) => session && sockets.get(session)
}
