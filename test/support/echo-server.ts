import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { createGrpcServer } from '../../pdp/doors/grpc/create-server.ts'
import type { GrpcLimits, GrpcMethod, GrpcServerParts } from '../../pdp/doors/grpc/methods.ts'
import { createGrpcServerOverNode } from '../../pdp/doors/grpc/over-node-http2.ts'
import { type RawConnection, connectRaw } from './raw-connection.ts'
import { type Frame, frame, frameFlags, frameTypes, headerBlock, type HeaderList } from './raw-http2.ts'

/** Both kinds of HTTP/2 that the listener of gRPC may speak. */
export const transports = { own: createGrpcServer, node: createGrpcServerOverNode } as const

const limits: GrpcLimits = {
  messageBytes: 1_048_576,
  streamsPerConnection: 100,
  connections: 100,
  requestTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
}

/**
 * A server whose method answers a message with itself, that of `Held` once it is told to; `Fields` with the header fields of
 * the call, `Long` each message with a long one.
 */
export interface EchoServer {
  readonly port: number
  readonly server: Server
  /** Messages of calls that are under way in `Held`. */
  held(): number
  release(): void
  /** How many long answers were made. */
  long(): number
  leave(): void
  cut(): boolean
  close(): Promise<void>
}

const echoPath = '/test.Echo/Say'
export const heldPath = '/test.Echo/Held'
export const fieldsPath = '/test.Echo/Fields'
export const longPath = '/test.Echo/Long'
export const longBytes = 100_000

export async function startEcho(
  transport: keyof typeof transports = 'own',
  changes: Partial<GrpcLimits> = {},
  tls?: GrpcServerParts['tls'],
): Promise<EchoServer> {
  let waiting: (() => void)[] = []
  let long = 0
  const methods = new Map<string, GrpcMethod>([
    [
      echoPath,
      {
        kind: 'unary',
        answer: (message) => Buffer.from(message),
        refuse: ({ clause }) => Buffer.from(`refused: ${clause}`),
      },
    ],
    [fieldsPath, { kind: 'unary', answer: (_, { headers }) => Buffer.from(JSON.stringify(headers)) }],
    [longPath, { kind: 'dialogue', answer: () => (long++, Buffer.alloc(longBytes)) }],
    [
      heldPath,
      {
        kind: 'unary',
        answer: (message) =>
          new Promise((resolve) => {
            waiting.push(() => resolve(message))
          }),
      },
    ],
  ])
  const { server, leave, cut } = transports[transport]({
    methods,
    limits: { ...limits, ...changes },
    ...(tls && { tls }),
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    port,
    server,
    held: () => waiting.length,
    long: () => long,
    release() {
      const now = waiting
      waiting = []
      for (const answer of now) answer()
    },
    leave,
    cut,
    async close() {
      server.close()
      cut()
      await once(server, 'close')
    },
  }
}

/** Header fields of a call. */
export const callFields = (path = echoPath, more: HeaderList = []): HeaderList => [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', path],
  [':authority', 'pdp'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
  ...more,
]

export const openCall = (stream: number, fields: HeaderList = callFields(), indexing = false): Buffer =>
  frame(frameTypes.headers, frameFlags.endHeaders, stream, headerBlock(fields, indexing))

/** What came back of each stream, and of the connection. */
export interface Heard {
  /** Bytes of DATA. */
  data(stream: number): Buffer
  /** Whether a stream ended with its answer, or by which RST_STREAM. */
  end(stream: number): 'answered' | number | undefined
  connection: RawConnection
}

/** A connection that gathers what came back. */
export async function connectEcho(port: number, took?: (frame: Frame) => void): Promise<Heard> {
  const data = new Map<number, Buffer[]>()
  const ends = new Map<number, 'answered' | number>()
  const connection = await connectRaw(port, (each) => {
    const { type, flags, stream, payload } = each
    took?.(each)
    if (type === frameTypes.data) data.set(stream, [...(data.get(stream) ?? []), Buffer.from(payload)])
    if (type === frameTypes.resetStream && !ends.has(stream)) ends.set(stream, payload.readUInt32BE(0))
    const mayEnd = type === frameTypes.data || type === frameTypes.headers
    if (mayEnd && flags & frameFlags.endStream) ends.set(stream, 'answered')
  })
  return {
    data: (stream) => Buffer.concat(data.get(stream) ?? []),
    end: (stream) => ends.get(stream),
    connection,
  }
}
