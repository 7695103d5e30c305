import { connect } from 'node:net'
import {
  createFrameReader,
  frame,
  frameFlags,
  frameTypes,
  headerBlock,
  type HeaderList,
  indexedBlock,
  preface,
  settings,
  uint32,
} from '../../test/support/raw-http2.ts'
import type { Answer } from './response-reader.ts'
import type { Load, Sent } from './send-load.ts'

/** Where unary calls of gRPC go. */
export interface CallTarget {
  readonly path: string
  readonly metadata: HeaderList
}

const streamsPerConnection = 16
const window = 2 ** 31 - 1
const initialWindow = 65_535
const prefixBytes = 5

/**
 * Sends messages as unary calls, sixteen at once on each connection, and resolves when all is answered. The frames are
 * written here, since a library's client would cost more than the server. An answer has the status 200 and its message as
 * the body, or the status 0 where the call ended without one. Rejects where a connection fails.
 */
export async function sendCalls(load: Load, target: CallTarget): Promise<Sent> {
  const sent = { answered: 0, good: 0, bad: undefined as Answer | undefined }
  const take = (answer: Answer) => {
    sent.answered++
    if (load.isGood(answer)) sent.good++
    else sent.bad ??= answer
  }
  const connections = Math.max(1, Math.round(load.connections / streamsPerConnection))
  const streams = Math.ceil(load.connections / connections)
  const outcomes = await Promise.allSettled(
    Array.from({ length: connections }, () => useConnection(load, target, streams, take)),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  const { bad, ...counts } = sent
  return { ...counts, ...(bad && { bad }) }
}

function useConnection(
  load: Load,
  { path, metadata }: CallTarget,
  streams: number,
  take: (answer: Answer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: load.host, port: load.port, noDelay: true })
    const headers: HeaderList = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', path],
      [':authority', 'pdp'],
      ['te', 'trailers'],
      ['content-type', 'application/grpc'],
      ...metadata,
    ]
    let block = headerBlock(headers, true)
    let next = 1
    let credit = initialWindow // what may still be sent on the connection
    const messages = new Map<number, Buffer[]>()
    const out: Buffer[] = []
    const waiting: Buffer[] = [] // requests there was no credit for

    function begin(): void {
      const message = load.next()
      if (message) waiting.push(message)
      else if (messages.size === 0 && waiting.length === 0) socket.end()
    }
    function flush(): void {
      for (let message = waiting[0]; message && message.length <= credit; message = waiting[0]) {
        waiting.shift()
        credit -= message.length
        messages.set(next, [])
        out.push(frame(frameTypes.headers, frameFlags.endHeaders, next, block))
        out.push(frame(frameTypes.data, frameFlags.endStream, next, message))
        block = indexedBlock(headers.length)
        next += 2
      }
      if (out.length > 0 && !socket.writableEnded) socket.write(Buffer.concat(out))
      out.length = 0
    }
    function finish(stream: number): void {
      const parts = messages.get(stream)
      if (!messages.delete(stream)) return
      const body = Buffer.concat(parts ?? [])
      take(
        body.length < prefixBytes
          ? { status: 0, body }
          : { status: 200, body: Buffer.from(body.subarray(prefixBytes)) },
      )
      begin()
    }
    const read = createFrameReader(({ type, flags, stream, payload }) => {
      if (type === frameTypes.data) {
        messages.get(stream)?.push(Buffer.from(payload))
      } else if (type === frameTypes.settings && !(flags & frameFlags.ack)) {
        out.push(frame(frameTypes.settings, frameFlags.ack, 0))
      } else if (type === frameTypes.ping && !(flags & frameFlags.ack)) {
        out.push(frame(frameTypes.ping, frameFlags.ack, 0, payload))
      } else if (type === frameTypes.windowUpdate && stream === 0) {
        credit += payload.readUInt32BE(0)
      } else if (type === frameTypes.goAway && payload.readUInt32BE(4) !== 0) {
        socket.destroy(new Error(`the server ended the connection with error ${payload.readUInt32BE(4)}`))
      }
      const ends = type === frameTypes.data || type === frameTypes.headers
      if (type === frameTypes.resetStream || (ends && flags & frameFlags.endStream)) finish(stream)
    })
    socket.on('connect', () => {
      out.push(preface, settings([4, window]), frame(frameTypes.windowUpdate, 0, 0, uint32(window - initialWindow)))
      for (let i = 0; i < streams; i++) begin()
      flush()
    })
    socket.on('data', (chunk) => {
      read(chunk)
      flush()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      if (messages.size + waiting.length > 0)
        reject(new Error('the server closed a connection that waited for its answer'))
      else resolve()
    })
  })
}
