import { once } from 'node:events'
import { type ClientHttp2Stream, connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { framed } from '../../../pdp/doors/grpc/framing.ts'
import { grpcFault, grpcStatus } from '../../../pdp/doors/grpc/status.ts'
import { transports } from '../../support/echo-server.ts'
import { eventually } from '../../support/eventually.ts'

// Methods with many requests on one stream: `x` is answered with 100,000 bytes, `bad` ends the call.

const limits = {
  messageBytes: 4_096,
  streamsPerConnection: 10,
  connections: 10,
  requestTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
}
const answerBytes = 100_000
let answered = 0
let transport: keyof typeof transports = 'own'
const server = () =>
  transports[transport]({
    methods: new Map([
      [
        '/test.Many/Ask',
        {
          kind: 'dialogue',
          answer(message: Buffer) {
            if (message.toString() === 'bad') return grpcFault(grpcStatus.invalidArgument, 'bad')
            answered++
            return Buffer.alloc(answerBytes)
          },
        },
      ],
    ]),
    limits,
  })

let ends: (() => unknown)[]
beforeEach(() => {
  ends = []
  answered = 0
})
afterEach(async () => {
  for (const end of ends.reverse()) await end()
})

async function open(): Promise<ClientHttp2Stream> {
  const { server: listening } = server()
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const session = connect(`http://127.0.0.1:${(listening.address() as AddressInfo).port}`) // it listens on TCP
  ends.push(
    () => listening.close(),
    () => session.destroy(),
  )
  return session.request({ ':method': 'POST', ':path': '/test.Many/Ask', 'content-type': 'application/grpc' })
}
const x = framed(Buffer.from('x'))

/** What came until the end: how many bytes, and the status. */
async function rest(stream: ClientHttp2Stream) {
  let [bytes, status] = [0, '']
  stream.on('trailers', (fields) => (status = String(fields['grpc-status'])))
  stream.on('data', (piece: Buffer) => (bytes += piece.length)).resume()
  await once(stream, 'close')
  return { bytes, status }
}

describe.each(['own', 'node'] as const)('over %s HTTP/2', (kind) => {
  beforeEach(() => {
    transport = kind
  })

  test('each request has its answer, in as many pieces as it comes', async () => {
    const stream = await open()
    stream.write(x.subarray(0, 3))
    stream.write(Buffer.concat([x.subarray(3), x]))
    stream.end(x)
    expect(await rest(stream)).toEqual({ bytes: 3 * (answerBytes + 5), status: '0' })
  })

  test('who asks on without reading is not answered beyond what fits into its window', async () => {
    const stream = await open()
    const asked = 200
    stream.end(Buffer.concat(Array.from({ length: asked }, () => x)))
    stream.pause()
    await eventually(() => expect(answered).toBeGreaterThan(0))
    await new Promise((resolve) => setTimeout(resolve, 200)) // long enough to answer them all, if nothing held it back
    expect(answered).toBeLessThan(10)
    expect(await rest(stream)).toEqual({ bytes: asked * (answerBytes + 5), status: '0' })
  })

  describe('what ends a call', () => {
    const rows = [
      ['a request that the method refuses', framed(Buffer.from('bad'))],
      ['one that is longer than it may be', framed(Buffer.alloc(limits.messageBytes))],
      ['one that is compressed', Buffer.concat([Buffer.from([1]), x.subarray(1)])],
    ] as const
    test.each(rows)('%s', async (_, bytes) => {
      const good = await open()
      good.end(x)
      expect(await rest(good), 'the twin').toMatchObject({ status: '0' })
      const stream = await open()
      stream.end(bytes)
      expect(await rest(stream)).toEqual({ bytes: 0, status: '3' })
    })
  })
})
