import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorCodes } from '../../../../pdp/doors/http2/frames.ts'
import { framed } from '../../../../pdp/doors/grpc/framing.ts'
import { callFields, connectEcho, type EchoServer, openCall, startEcho } from '../../../support/echo-server.ts'
import { eventually } from '../../../support/eventually.ts'
import {
  frame,
  frameFlags,
  frameTypes,
  headerBlock,
  type HeaderList,
  settings,
  uint32,
} from '../../../support/raw-http2.ts'

// Requests and frames that no client may send (RFC 9113), each on a connection on which a good call was answered before.

let server: EchoServer
beforeAll(async () => {
  server = await startEcho('own')
})
afterAll(() => server.close())

const message = framed(Buffer.from('hello'))
const say = (stream: number, body: Uint8Array = message) => frame(frameTypes.data, frameFlags.endStream, stream, body)
const call = (stream: number, fields?: HeaderList) => Buffer.concat([openCall(stream, fields), say(stream)])
const without = (name: string): HeaderList => callFields().filter(([key]) => key !== name)
const instead = (name: string, value: string): HeaderList =>
  callFields().map(([key, before]) => [key, key === name ? value : before])
const plus = (...more: HeaderList): HeaderList => callFields(undefined, more)

async function begin() {
  const heard = await connectEcho(server.port)
  await heard.connection.send(call(1))
  await eventually(() => expect(heard.data(1)).toEqual(message))
  return heard
}

describe('a request that is malformed ends its stream and nothing else', () => {
  test.each<[name: string, fields: HeaderList]>([
    ['a name in upper case', plus(['X-Upper', 'a'])],
    ['a name with a blank', plus(['x upper', 'a'])],
    ['a name with a colon', plus(['x:y', 'a'])],
    ['an empty name', plus(['', 'a'])],
    ['NUL in a value', plus(['x', 'a\0b'])],
    ['CR in a value', plus(['x', 'a\rb'])],
    ['LF in a value', plus(['x', 'a\nb'])],
    ['a blank before a value', plus(['x', ' a'])],
    ['a tab behind a value', plus(['x', 'a\t'])],
    ['no :method', without(':method')],
    ['no :scheme', without(':scheme')],
    ['no :path', without(':path')],
    ['an empty :path', instead(':path', '')],
    ['LF in :path', instead(':path', '/test.Echo/Say\n')],
    ['a blank in :method', instead(':method', 'PO ST')],
    ['a slash in :scheme', instead(':scheme', 'http:/')],
    ['user information in :authority', instead(':authority', 'user@pdp')],
    ['a control character in :authority', instead(':authority', 'p\x0edp')],
    ['two of :method', [[':method', 'POST'], ...callFields()]],
    ['two of :path', [[':path', '/test.Echo/Say'], ...callFields()]],
    ['two of :authority', [[':authority', 'pdp'], ...callFields()]],
    ['a pseudo-header behind a field', plus([':scheme', 'http'])],
    ['a pseudo-header that is not known', [[':protocol', 'x'], ...callFields()]],
    ['a pseudo-header of answers', [[':status', '200'], ...callFields()]],
    ['Host that differs from :authority', plus(['host', 'other'])],
    ['Connection', plus(['connection', 'close'])],
    ['Keep-Alive', plus(['keep-alive', '5'])],
    ['Proxy-Connection', plus(['proxy-connection', 'close'])],
    ['Transfer-Encoding', plus(['transfer-encoding', 'chunked'])],
    ['Upgrade', plus(['upgrade', 'h2c'])],
    ['TE other than trailers', instead('te', 'gzip')],
    ['CONNECT with a path', instead(':method', 'CONNECT')],
    ['Content-Length that is no number', plus(['content-length', '1e1'])],
    ['two of Content-Length', plus(['content-length', '10'], ['content-length', '10'])],
    ['Content-Length less than the body', plus(['content-length', '9'])],
    ['Content-Length more than the body', plus(['content-length', '11'])],
  ])('%s', async (_, fields) => {
    const { connection, end, data } = await begin()
    await connection.send(call(3, fields))
    await eventually(() => expect(end(3)).toBe(errorCodes.protocol))
    expect(data(3)).toHaveLength(0)
    await connection.send(call(5, plus(['content-length', '10'], ['host', 'pdp'], ['x', 'a b'])))
    await eventually(() => expect(data(5), 'the next is answered').toEqual(message))
    connection.close()
  })

  test.each<[name: string, frames: readonly Buffer[], code: number]>([
    ['trailers without END_STREAM', [openCall(3), openCall(3, [['x', 'a']])], errorCodes.protocol],
    [
      'trailers with a pseudo-header',
      [openCall(3), frame(frameTypes.headers, 5, 3, headerBlock([[':path', '/']]))],
      errorCodes.protocol,
    ],
    ['WINDOW_UPDATE by nothing', [openCall(3), frame(frameTypes.windowUpdate, 0, 3, uint32(0))], errorCodes.protocol],
    [
      'WINDOW_UPDATE beyond 2^31-1',
      [openCall(3), frame(frameTypes.windowUpdate, 0, 3, uint32(2 ** 31 - 1))],
      errorCodes.flowControl,
    ],
    ['DATA on a stream that was answered', [call(3), frame(frameTypes.data, 0, 3)], errorCodes.streamClosed],
    ['PRIORITY of four bytes', [openCall(3), frame(frameTypes.priority, 0, 3, uint32(0))], errorCodes.frameSize],
    [
      'more DATA than the window',
      [openCall(3), ...Array.from({ length: 5 }, () => frame(frameTypes.data, 0, 3, Buffer.alloc(16_384, 0)))],
      errorCodes.flowControl,
    ],
  ])('%s', async (_, frames, code) => {
    const resets: number[] = []
    const { connection, data } = await connectEcho(server.port, ({ type, stream, payload }) => {
      if (type === frameTypes.resetStream && stream === 3) resets.push(payload.readUInt32BE(0))
    })
    await connection.send(call(1), ...frames)
    await eventually(() => expect(resets).toContain(code))
    await connection.send(call(5))
    await eventually(() => expect(data(5)).toEqual(message))
    connection.close()
  })
})

describe('what no client may send on a connection ends it', () => {
  const half = frame(frameTypes.headers, 0, 3, headerBlock(callFields()))
  test.each<[name: string, bytes: Buffer, code: number]>([
    ['a stream with an even id', openCall(2), errorCodes.protocol],
    ['HEADERS on stream 0', openCall(0), errorCodes.protocol],
    ['a stream that was there before', openCall(1), errorCodes.streamClosed],
    ['DATA on stream 0', say(0), errorCodes.protocol],
    ['DATA on a stream that was never opened', say(7), errorCodes.protocol],
    [
      'RST_STREAM of a stream that was never opened',
      frame(frameTypes.resetStream, 0, 7, uint32(8)),
      errorCodes.protocol,
    ],
    ['RST_STREAM of three bytes', frame(frameTypes.resetStream, 0, 1, Buffer.alloc(3)), errorCodes.frameSize],
    ['CONTINUATION of nothing', frame(frameTypes.continuation, 4, 3), errorCodes.protocol],
    [
      'CONTINUATION of another stream',
      Buffer.concat([half, frame(frameTypes.continuation, 4, 5)]),
      errorCodes.protocol,
    ],
    ['DATA within a block', Buffer.concat([half, say(3)]), errorCodes.protocol],
    ['a frame that is not known within a block', Buffer.concat([half, frame(200, 0, 3)]), errorCodes.protocol],
    ['PUSH_PROMISE', frame(5, 4, 1, Buffer.alloc(4)), errorCodes.protocol],
    ['SETTINGS on a stream', frame(frameTypes.settings, 0, 1), errorCodes.protocol],
    ['SETTINGS of five bytes', frame(frameTypes.settings, 0, 0, Buffer.alloc(5)), errorCodes.frameSize],
    ['an acknowledgement with a payload', frame(frameTypes.settings, 1, 0, Buffer.alloc(6)), errorCodes.frameSize],
    ['SETTINGS_ENABLE_PUSH 2', settings([2, 2]), errorCodes.protocol],
    ['SETTINGS_INITIAL_WINDOW_SIZE 2^31', settings([4, 2 ** 31]), errorCodes.flowControl],
    ['SETTINGS_MAX_FRAME_SIZE 16,383', settings([5, 16_383]), errorCodes.protocol],
    ['SETTINGS_MAX_FRAME_SIZE 2^24', settings([5, 2 ** 24]), errorCodes.protocol],
    ['PING of seven bytes', frame(frameTypes.ping, 0, 0, Buffer.alloc(7)), errorCodes.frameSize],
    ['PING on a stream', frame(frameTypes.ping, 0, 1, Buffer.alloc(8)), errorCodes.protocol],
    ['GOAWAY on a stream', frame(frameTypes.goAway, 0, 1, Buffer.alloc(8)), errorCodes.protocol],
    ['WINDOW_UPDATE by nothing', frame(frameTypes.windowUpdate, 0, 0, uint32(0)), errorCodes.protocol],
    ['WINDOW_UPDATE beyond 2^31-1', frame(frameTypes.windowUpdate, 0, 0, uint32(2 ** 31 - 1)), errorCodes.flowControl],
    ['WINDOW_UPDATE of three bytes', frame(frameTypes.windowUpdate, 0, 0, Buffer.alloc(3)), errorCodes.frameSize],
    ['WINDOW_UPDATE of a stream never opened', frame(frameTypes.windowUpdate, 0, 7, uint32(1)), errorCodes.protocol],
    ['PRIORITY on stream 0', frame(frameTypes.priority, 0, 0, Buffer.alloc(5)), errorCodes.protocol],
    ['a frame of 16,385 bytes', frame(frameTypes.ping, 0, 0, Buffer.alloc(16_385)), errorCodes.frameSize],
    [
      'more padding than payload',
      Buffer.concat([openCall(3), frame(0, 8, 3, Buffer.from([4, 0, 0, 0]))]),
      errorCodes.protocol,
    ],
    ['a block that is no HPACK', frame(frameTypes.headers, 4, 3, Buffer.from([0x80])), errorCodes.compression],
    [
      'trailers that are no HPACK',
      Buffer.concat([openCall(3), frame(1, 5, 3, Buffer.from([0xff]))]),
      errorCodes.compression,
    ],
  ])('%s', async (_, bytes, code) => {
    const { connection } = await begin()
    await connection.send(bytes)
    await eventually(() => expect(connection.goAway()).toBe(code))
    await eventually(() => expect(connection.ended()).toBe(true))
  })
})

test('what is not known, or says nothing any more, is passed over', async () => {
  const { connection, data } = await begin()
  await connection.send(
    frame(200, 0xff, 3, Buffer.from('whatever')),
    frame(frameTypes.priority, 0, 9, Buffer.alloc(5)),
    settings([0xf00, 1], [6, 1]),
    frame(frameTypes.ping, 1, 0, Buffer.alloc(8)),
    frame(frameTypes.goAway, 0, 0, Buffer.alloc(8)),
    frame(
      frameTypes.headers,
      0x28 | 4,
      3,
      Buffer.concat([Buffer.from([2]), Buffer.alloc(5), headerBlock(callFields()), Buffer.alloc(2)]),
    ),
    frame(frameTypes.data, 8, 3, Buffer.concat([Buffer.from([3]), message.subarray(0, 4), Buffer.alloc(3)])),
    frame(frameTypes.data, 0, 3, message.subarray(4)),
    frame(frameTypes.headers, 5, 3, headerBlock([['x-trailer', 'a']])),
  )
  await eventually(() => expect(data(3)).toEqual(message))
  connection.close()
})
