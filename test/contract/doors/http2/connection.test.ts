import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { framed } from '../../../../pdp/doors/grpc/framing.ts'
import type { GrpcLimits } from '../../../../pdp/doors/grpc/methods.ts'
import { clientPreface, errorCodes, maxStreamId } from '../../../../pdp/doors/http2/frames.ts'
import {
  callFields,
  connectEcho,
  type EchoServer,
  heldPath,
  longBytes,
  longPath,
  openCall,
  startEcho,
} from '../../../support/echo-server.ts'
import { eventually } from '../../../support/eventually.ts'
import { type Frame, frame, frameFlags, frameTypes, headerBlock, settings, uint32 } from '../../../support/raw-http2.ts'

// What connections of our own HTTP/2 keep: header fields, windows, streams, and how they end.

const running: EchoServer[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close()
})

async function start(changes: Partial<GrpcLimits> = {}) {
  const server = await startEcho('own', changes)
  running.push(server)
  return server
}

const hello = framed(Buffer.from('hello'))
const say = (stream: number, body: Uint8Array = hello) => frame(frameTypes.data, frameFlags.endStream, stream, body)
const dataFrames = (stream: number, body: Buffer): readonly Buffer[] =>
  Array.from({ length: Math.ceil(body.length / 16_384) }, (_, i) => {
    const part = body.subarray(i * 16_384, (i + 1) * 16_384)
    return frame(frameTypes.data, (i + 1) * 16_384 >= body.length ? 1 : 0, stream, part)
  })

describe('header fields that a client had kept', () => {
  const block = (stream: number, bytes: Buffer) => frame(frameTypes.headers, frameFlags.endHeaders, stream, bytes)
  const kept = (name: string, value: string) => headerBlock([[name, value]], true)
  const fixed = headerBlock(callFields().filter(([name]) => name !== ':path'))
  // a pseudo-header stands before the fields
  const call = (stream: number, path: Buffer) =>
    Buffer.concat([block(stream, Buffer.concat([path, fixed])), say(stream)])
  const newest = Buffer.from([0x80 | 62])

  test('the same bytes mean another path as soon as another is kept', async () => {
    const { connection, data, end } = await connectEcho((await start()).port)
    await connection.send(call(1, kept(':path', '/test.Echo/Say')), call(3, newest), call(5, newest))
    await eventually(() => expect([data(1), data(3), data(5)]).toEqual([hello, hello, hello]))
    await connection.send(call(7, kept(':path', '/test.Echo/Other')), call(9, newest))
    await eventually(() => expect([end(7), end(9)]).toEqual(['answered', 'answered']))
    expect(data(9), 'no such method').toHaveLength(0)
    connection.close()
  })

  test('and nothing once the client empties the table', async () => {
    const { connection, data } = await connectEcho((await start()).port)
    await connection.send(call(1, kept(':path', '/test.Echo/Say')), call(3, newest))
    await eventually(() => expect(data(3)).toEqual(hello))
    await connection.send(call(5, Buffer.concat([Buffer.from([0x20]), kept(':path', '/test.Echo/Say')])))
    await eventually(() => expect(data(5), 'what is too long for the table is said, not kept').toEqual(hello))
    await connection.send(call(7, newest))
    await eventually(() => expect(connection.goAway()).toBe(errorCodes.compression))
  })

  test.each(['refused', 'malformed', 'given up'])('are kept of a stream that is %s, too', async (kind) => {
    const server = await start({ streamsPerConnection: 1 })
    const { connection, data, end } = await connectEcho(server.port)
    const path = kept(':path', '/test.Echo/Say')
    if (kind === 'refused') {
      await connection.send(openCall(1), call(3, path))
      await eventually(() => expect(end(3)).toBe(errorCodes.refusedStream))
      await connection.send(say(1))
    } else if (kind === 'malformed') {
      await connection.send(block(3, Buffer.concat([path, fixed, headerBlock([['X', '']])])))
      await eventually(() => expect(end(3)).toBe(errorCodes.protocol))
    } else {
      await connection.send(block(3, Buffer.concat([path, fixed])), frame(frameTypes.resetStream, 0, 3, uint32(8)))
    }
    await eventually(async () => {
      expect(server.held()).toBe(0)
    })
    await connection.send(call(5, newest))
    await eventually(() => expect(data(5)).toEqual(hello))
    connection.close()
  })

  test('a client that keeps nothing is told so before the first answer, once', async () => {
    const first: number[] = []
    const { connection, data } = await connectEcho((await start()).port, ({ type, stream, payload }) => {
      if (type === frameTypes.headers) first[stream] ??= payload[0] ?? 0
    })
    await connection.send(settings([1, 0]), openCall(1), say(1), openCall(3), say(3))
    await eventually(() => expect([data(1), data(3)]).toEqual([hello, hello]))
    expect([first[1], first[3]]).toEqual([0x20, 0x88])
    connection.close()
  })
})

describe('windows', () => {
  const long = framed(Buffer.alloc(200_000, 7))

  test('a body of many windows comes in whole, and its answer goes out as the client lets it', async () => {
    let [owed, most] = [65_535, 65_535]
    const { connection, data, end } = await connectEcho((await start()).port, ({ type, stream, payload }) => {
      if (type === frameTypes.data) owed -= payload.length
      if (type === frameTypes.windowUpdate && stream === 1) most += payload.readUInt32BE(0)
      expect(owed).toBeGreaterThanOrEqual(0)
    })
    const frames = dataFrames(1, long)
    await connection.send(openCall(1), ...frames.slice(0, 3))
    await eventually(() => expect(most, 'all of it, once its length is known').toBeGreaterThanOrEqual(long.length))
    await connection.send(...frames.slice(3))
    await eventually(() => expect(data(1)).toHaveLength(65_535))
    let granted = 65_535
    for (const bytes of [1, 20_000, 400_000]) {
      granted += bytes
      owed += bytes
      await connection.send(
        frame(frameTypes.windowUpdate, 0, 0, uint32(bytes)),
        frame(frameTypes.windowUpdate, 0, 1, uint32(bytes)),
      )
      const length = Math.min(long.length, granted)
      await eventually(() => expect(data(1)).toHaveLength(length))
    }
    await eventually(() => expect(data(1).equals(long)).toBe(true))
    expect(end(1)).toBe('answered')
    connection.close()
  })

  test('streams share the window of the connection in turn, and a change of the first window counts for those open', async () => {
    const { connection, data, end } = await connectEcho((await start()).port)
    const answer = framed(Buffer.alloc(50_000))
    await connection.send(settings([4, 10]))
    for (const stream of [1, 3]) await connection.send(openCall(stream), ...dataFrames(stream, answer))
    await eventually(() => expect([data(1).length, data(3).length]).toEqual([10, 10]))
    await connection.send(settings([4, 0]), settings([4, 60_000])) // less than was used, and then more
    await eventually(() => expect(data(1).length + data(3).length).toBe(65_535))
    expect([end(1), end(3)]).toContain('answered')
    await connection.send(frame(frameTypes.windowUpdate, 0, 0, uint32(100_000)))
    await eventually(() => expect([end(1), end(3)]).toEqual(['answered', 'answered']))
    expect([data(1).equals(answer), data(3).equals(answer)]).toEqual([true, true])
    connection.close()
  })

  test('a change that makes a window too great ends the connection', async () => {
    const server = await start()
    const { connection } = await connectEcho(server.port)
    await connection.send(openCall(1), frame(frameTypes.windowUpdate, 0, 1, uint32(2 ** 31 - 1 - 65_535)))
    await connection.send(settings([4, 65_535]))
    await connection.send(settings([4, 65_536]))
    await eventually(() => expect(connection.goAway()).toBe(errorCodes.flowControl))
  })

  test('an answer that the client does not take is given up in time; others go on', async () => {
    const { connection, data, end } = await connectEcho((await start({ requestTimeoutMs: 100 })).port)
    await connection.send(settings([4, 0]), openCall(1), say(1), openCall(3), say(3))
    await eventually(() => expect([end(1), end(3)]).toEqual([errorCodes.cancel, errorCodes.cancel]))
    await connection.send(settings([4, 65_535]), openCall(5), say(5))
    await eventually(() => expect(data(5)).toEqual(hello))
    connection.close()
  })

  test('who does not read what is written is not answered on, whatever its windows are', async () => {
    const server = await start()
    const socket = connect(server.port, '127.0.0.1')
    const answers = 200
    const asks = Buffer.concat(Array.from({ length: answers }, () => framed(Buffer.alloc(0))))
    socket.pause()
    socket.write(
      Buffer.concat([
        clientPreface,
        settings([4, 2 ** 31 - 1]),
        frame(frameTypes.windowUpdate, 0, 0, uint32(2 ** 30)),
        openCall(1, callFields(longPath)),
        frame(frameTypes.data, frameFlags.endStream, 1, asks),
      ]),
    )
    await eventually(() => expect(server.long()).toBeGreaterThan(0))
    await new Promise((resolve) => setTimeout(resolve, 100)) // long enough to make them all, if nothing held it back
    expect(server.long()).toBeLessThan(answers / 2)
    let bytes = 0
    socket.on('data', (chunk) => (bytes += chunk.length)).resume()
    await eventually(() => expect(bytes).toBeGreaterThan(answers * longBytes))
    expect(server.long()).toBe(answers)
    socket.destroy()
  })

  test('a message that does not come in time is answered, not given up', async () => {
    const { connection, data, end } = await connectEcho((await start({ requestTimeoutMs: 100 })).port)
    await connection.send(openCall(1), frame(frameTypes.data, 0, 1, hello.subarray(0, 7)))
    await eventually(() => expect(end(1)).toBe('answered'))
    expect(data(1).subarray(5).toString()).toBe('refused: grpc-body-in-time')
    await connection.send(frame(frameTypes.data, 1, 1, hello.subarray(7)), openCall(3), say(3))
    await eventually(() => expect(data(3), 'what still comes of it is dropped').toEqual(hello))
    connection.close()
  })
})

describe('how a connection ends', () => {
  async function leaving() {
    const server = await start({ requestTimeoutMs: 400 })
    const frames: Frame[] = []
    const heard = await connectEcho(server.port, (each) => frames.push({ ...each, payload: Buffer.from(each.payload) }))
    const goAways = () =>
      frames.filter(({ type }) => type === frameTypes.goAway).map(({ payload }) => payload.readUInt32BE(0))
    const pings = () => frames.filter(({ type }) => type === frameTypes.ping)
    await heard.connection.send(openCall(1, callFields(heldPath)), say(1))
    await eventually(() => expect(server.held()).toBe(1))
    server.leave()
    await eventually(() => expect(pings()).toHaveLength(1))
    expect(goAways()).toEqual([maxStreamId])
    const acknowledge = () => frame(frameTypes.ping, frameFlags.ack, 0, pings()[0]?.payload)
    return { server, ...heard, goAways, acknowledge }
  }

  test('what is under way, and what was on its way, is answered; then it ends', async () => {
    const { server, connection, data, goAways, acknowledge } = await leaving()
    await connection.send(openCall(3), say(3), acknowledge())
    await eventually(() => expect(data(3)).toEqual(hello))
    await eventually(() => expect(goAways()).toEqual([maxStreamId, 3]))
    await connection.send(openCall(5), say(5)) // which knew better
    expect(connection.ended()).toBe(false)
    server.release()
    await eventually(() => expect(connection.ended()).toBe(true))
    expect([data(1), data(5)]).toEqual([hello, Buffer.alloc(0)])
  })

  test('a client that does not answer the ping is not waited for', async () => {
    const { server, connection, goAways } = await leaving()
    server.release()
    await eventually(() => expect(goAways()).toEqual([maxStreamId, 1]))
    await eventually(() => expect(connection.ended()).toBe(true))
  })

  test('one on which nothing happens is told to go', async () => {
    const server = await start({ idleTimeoutMs: 100, requestTimeoutMs: 100 })
    const { connection, data } = await connectEcho(server.port)
    await connection.send(openCall(1), say(1))
    await eventually(() => expect(data(1)).toEqual(hello))
    await eventually(() => expect(connection.ended()).toBe(true))
    expect(connection.goAway()).toBe(errorCodes.none)
  })

  test('one that never says that it speaks HTTP/2 is closed, as is one that says something else', async () => {
    const server = await start({ requestTimeoutMs: 100 })
    const silent = connect(server.port, '127.0.0.1').resume()
    const other = connect(server.port, '127.0.0.1').resume()
    const half = connect(server.port, '127.0.0.1').resume()
    other.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    half.write(clientPreface.subarray(0, 20))
    await Promise.all([silent, other, half].map((socket) => once(socket, 'close')))
    expect([silent, other, half].map(({ destroyed }) => destroyed)).toEqual([true, true, true])
  })

  test('so is one whose header fields never come whole', async () => {
    const { connection } = await connectEcho((await start({ requestTimeoutMs: 100 })).port)
    await connection.send(frame(frameTypes.headers, 0, 1, headerBlock(callFields())))
    await eventually(() => expect(connection.ended()).toBe(true))
  })

  test('the first frame of a client must be SETTINGS', async () => {
    const server = await start()
    const socket = connect(server.port, '127.0.0.1').resume()
    socket.write(Buffer.concat([clientPreface, frame(frameTypes.ping, 0, 0, Buffer.alloc(8))]))
    await once(socket, 'close')
    expect(socket.destroyed).toBe(true)
  })

  test('more than may be open at once are not taken', async () => {
    const server = await start({ connections: 2 })
    const [first, second] = [await connectEcho(server.port), await connectEcho(server.port)]
    const third = connect(server.port, '127.0.0.1').resume()
    third.on('error', () => undefined)
    await once(third, 'close')
    await second.connection.send(openCall(1), say(1))
    await eventually(() => expect(second.data(1)).toEqual(hello))
    first.connection.close()
    second.connection.close()
  })
})

describe('floods within one second, beside one that stays below the bound', () => {
  const openings = (from: number, count: number, make: (stream: number) => readonly Buffer[]) =>
    Buffer.concat(Array.from({ length: count }, (_, i) => make(from + 2 * i)).flat())
  const rows: readonly (readonly [string, (count: number) => Buffer, good: number, bad: number])[] = [
    [
      'resets that the server is brought to make (CVE-2025-8671)',
      (count) => openings(3, count, (id) => [openCall(id), frame(frameTypes.windowUpdate, 0, id, uint32(0))]),
      900,
      2_100,
    ],
    [
      'PING',
      (count) => Buffer.concat(Array.from({ length: count }, () => frame(frameTypes.ping, 0, 0, Buffer.alloc(8)))),
      15_000,
      41_000,
    ],
    ['SETTINGS', (count) => Buffer.concat(Array.from({ length: count }, () => settings([4, count]))), 100, 500],
    [
      'frames that say nothing',
      (count) => Buffer.concat(Array.from({ length: count }, () => frame(frameTypes.windowUpdate, 0, 1, uint32(1)))),
      50_000,
      410_000,
    ],
    [
      'CONTINUATION without bytes',
      (count) =>
        Buffer.concat([
          frame(frameTypes.headers, 0, 3, headerBlock(callFields())),
          ...Array.from({ length: count }, () => frame(frameTypes.continuation, 0, 3)),
          frame(frameTypes.continuation, 4, 3),
        ]),
      20,
      40,
    ],
  ]
  test.each(rows)('%s', async (_, make, good, bad) => {
    const server = await start()
    for (const [count, isGood] of [
      [good, true],
      [bad, false],
    ] as const) {
      const { connection, data } = await connectEcho(server.port)
      await connection.send(openCall(1), frame(frameTypes.data, 0, 1, hello), make(count))
      if (isGood) {
        await connection.send(openCall(200_001), say(200_001))
        await eventually(() => expect(data(200_001)).toEqual(hello))
      } else await eventually(() => expect(connection.goAway()).toBe(errorCodes.enhanceYourCalm))
      connection.close()
    }
  })

  test('a head that is longer than it may be is answered 431, and what it kept is known', async () => {
    const server = await start()
    const { connection, data, end } = await connectEcho(server.port)
    const big = Buffer.concat([headerBlock(callFields()), headerBlock([['x', 'y'.repeat(3_000)]], true)])
    await connection.send(
      frame(frameTypes.headers, 4, 1, big),
      frame(frameTypes.headers, 4, 3, Buffer.concat([headerBlock(callFields()), Buffer.alloc(16_000, 0x80 | 62)])),
    )
    await eventually(() => expect(end(3)).toBe('answered'))
    await connection.send(openCall(5), say(5))
    await eventually(() => expect(data(5)).toEqual(hello))
    connection.close()
  })
})
