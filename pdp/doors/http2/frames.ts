// Frames of HTTP/2 (RFC 9113 §4, §6) as they are named and numbered, and as they are written.

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const frameFlags = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const

/** Error codes (§7), as far as they are said here. */
export const errorCodes = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const

export type ErrorCode = (typeof errorCodes)[keyof typeof errorCodes]

export const settingIds = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const

/** What a client says first (§3.4). */
export const clientPreface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** Bytes of a frame before its payload. */
export const frameHeadBytes = 9
/** The longest payload that is taken here: the least that anybody must take (§4.2). */
export const maxPayloadBytes = 16_384
/** Windows of streams and of the connection as they begin (§6.9.2), and the most that one may ever be. */
export const initialWindow = 65_535
export const maxWindow = 2 ** 31 - 1
/** The greatest id of a stream; in a GOAWAY it says that none was refused yet. */
export const maxStreamId = 2 ** 31 - 1

/** A whole frame. */
export function frameOf(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + payload.length)
  writeHead(frame, payload.length, type, flags, stream)
  frame.set(payload, frameHeadBytes)
  return frame
}

/** The head of a frame that `length` bytes of payload follow. */
export function frameHead(length: number, type: number, flags: number, stream: number): Buffer {
  const head = Buffer.allocUnsafe(frameHeadBytes)
  writeHead(head, length, type, flags, stream)
  return head
}

function writeHead(into: Buffer, length: number, type: number, flags: number, stream: number): void {
  into[0] = length >>> 16
  into[1] = length >>> 8
  into[2] = length
  into[3] = type
  into[4] = flags
  into.writeUInt32BE(stream, 5)
}

/** A frame whose payload is one number of 32 bits: RST_STREAM, WINDOW_UPDATE. */
export function numberFrame(type: number, stream: number, value: number): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + 4)
  writeHead(frame, 4, type, 0, stream)
  frame.writeUInt32BE(value, frameHeadBytes)
  return frame
}

/** GOAWAY (§6.8): the last stream that was or will be served, and why. */
export function goAwayFrame(lastStream: number, code: ErrorCode): Buffer {
  const payload = Buffer.allocUnsafe(8)
  payload.writeUInt32BE(lastStream, 0)
  payload.writeUInt32BE(code, 4)
  return frameOf(frameTypes.goAway, 0, 0, payload)
}

/** SETTINGS of pairs of identifier and value (§6.5). */
export function settingsFrame(pairs: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * pairs.length)
  for (const [i, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, 6 * i)
    payload.writeUInt32BE(value, 6 * i + 2)
  }
  return frameOf(frameTypes.settings, 0, 0, payload)
}
