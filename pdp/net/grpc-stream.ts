import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2'
import { connect } from 'node:net'
import { seconds } from '../core/time.ts'
import { readFrames } from './grpc-frames.ts'
import type { Schedule } from './schedule.ts'

/**
 * A call of a method that answers with a stream, over a Unix socket (gRPC over HTTP/2).
 *
 * - `method`: `/package.Service/Method`. `message`: what is asked, encoded. `metadata`: names in lower case.
 * - `maximumBytes`: of one message of the answer.
 */
export interface GrpcCall {
  readonly socket: string
  readonly method: string
  readonly metadata: Readonly<Record<string, string>>
  readonly message: Uint8Array
  readonly maximumBytes: number
}

/** Why a stream ended. `status` is what the server said, where it said anything. `detail` is ours, and quotes nothing. */
export interface GrpcEnd {
  readonly detail: string
  readonly status?: number
}

/**
 * What a stream tells. `alive`: the server answered a ping, and no message is half sent: what it sent before still stands.
 * `ended` comes once, and nothing after it.
 */
export interface GrpcEvents {
  readonly message: (bytes: Buffer) => void
  readonly alive: () => void
  readonly ended: (end: GrpcEnd) => void
}

const pingEvery = seconds(15)
const pingTimeout = seconds(5)

/**
 * Opens a stream with a connection of its own. Never throws. Answers the function that ends it, after which nothing is told.
 * A server that does not answer a ping in time, the first one as it connects, counts as gone.
 */
export function openGrpcStream(call: GrpcCall, schedule: Schedule, events: GrpcEvents): () => void {
  const frames = readFrames(call.maximumBytes)
  let over = false
  let cancelTimer = () => {}
  const socket = connect(call.socket)
  const session: ClientHttp2Session = connectHttp2('http://localhost', {
    createConnection: () => socket,
    settings: { enablePush: false },
  })
  const end = (reason?: GrpcEnd): void => {
    if (over) return
    over = true
    cancelTimer()
    session.destroy()
    if (reason) events.ended(reason)
  }
  const ping = (): void => {
    if (over || session.destroyed) return // a session may say that it is connected after it was destroyed
    cancelTimer()
    cancelTimer = schedule(pingTimeout, () => end({ detail: 'server does not answer' }))
    session.ping((error: Error | null) => {
      if (over || error) return
      cancelTimer()
      cancelTimer = schedule(pingEvery, ping)
      if (!frames.isWithin()) events.alive()
    })
  }
  socket.on('error', (error: Error) => end({ detail: `no connection: ${codeOf(error)}` })) // tells more than what follows from it
  session.on('error', (error: Error) => end({ detail: `no connection: ${codeOf(error)}` }))
  session.on('goaway', () => end({ detail: 'server ends its connections' }))
  session.on('close', () => end({ detail: 'connection was closed' }))
  session.on('connect', ping)
  cancelTimer = schedule(pingTimeout, () => end({ detail: 'no connection in time' }))
  const stream = session.request(
    {
      ...call.metadata,
      ':method': 'POST',
      ':path': call.method,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'sallyport',
    },
    { endStream: false },
  )
  receive(stream, end, (chunk) => {
    const read = frames.push(chunk)
    for (const message of read.messages) if (!over) events.message(message)
    if (read.fault !== undefined) end({ detail: read.fault })
  })
  stream.end(Buffer.concat([prefixOf(call.message.length), call.message]))
  return () => end()
}

function receive(stream: ClientHttp2Stream, end: (reason: GrpcEnd) => void, take: (chunk: Buffer) => void): void {
  stream.on('response', (headers: IncomingHttpHeaders & IncomingHttpStatusHeader) => {
    const type = String(headers['content-type'] ?? '')
    // An answer without messages has its status among the headers.
    if (headers['grpc-status'] !== undefined) end(endOf(headers['grpc-status']))
    else if (headers[':status'] !== 200 || !/^application\/grpc(?:[+;]|$)/.test(type)) {
      end({ detail: 'server does not speak gRPC' })
    }
  })
  stream.on('trailers', (trailers: IncomingHttpHeaders) => end(endOf(trailers['grpc-status'])))
  stream.on('data', take)
  stream.on('error', (error: Error) => end({ detail: `stream was broken off: ${codeOf(error)}` }))
  stream.on('close', () => end({ detail: 'stream ended without a status' }))
}

const endOf = (status: string | readonly string[] | undefined): GrpcEnd => {
  const code = Number(status)
  return Number.isInteger(code) && code >= 0 && code <= 16
    ? { detail: `server ended the stream with status ${code}`, status: code }
    : { detail: 'server ended the stream with a status that is none' }
}

/** Not compressed, and so long. */
function prefixOf(length: number): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(length, 1)
  return prefix
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : 'an unknown fault')
