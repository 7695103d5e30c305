// Frames of HTTP/2 (RFC 9113) as bytes, for clients that do what no library lets one do, and for loads that cost little.

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const frameFlags = { endStream: 1, ack: 1, endHeaders: 4 } as const

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** What a client says first. */
export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

const headBytes = 9

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(stream, 5)
  bytes.set(payload, headBytes)
  return bytes
}

/** A number of 32 bits: an error code, a window. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** SETTINGS of pairs of identifier and value (§6.5). */
export const settings = (...pairs: readonly (readonly [number, number])[]): Buffer =>
  frame(
    frameTypes.settings,
    0,
    0,
    Buffer.concat(pairs.map(([id, value]) => Buffer.concat([Buffer.from([0, id]), uint32(value)]))),
  )

export type HeaderList = readonly (readonly [name: string, value: string])[]

/**
 * A block of headers (RFC 7541). `indexing`: the receiver is to keep them, so that {@link indexedBlock} can name them;
 * without, each is a literal that is not.
 */
export const headerBlock = (headers: HeaderList, indexing = false): Buffer =>
  Buffer.concat(
    headers.flatMap(([name, value]) => [Buffer.from([indexing ? 0x40 : 0]), lengthAndText(name), lengthAndText(value)]),
  )

/** The block that names `count` headers, the only ones that the receiver was told to keep. */
export const indexedBlock = (count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, i) => 0x80 | (61 + count - i)))

function lengthAndText(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const length = [127]
  let rest = bytes.length - 127
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([Buffer.from([...length, rest]), bytes])
}

/** Takes what arrives, in any pieces, and hands over whole frames. */
export function createFrameReader(take: (frame: Frame) => void): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  return (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    let at = 0
    for (;;) {
      if (held.length - at < headBytes) break
      const end = at + headBytes + held.readUIntBE(at, 3)
      if (end > held.length) break
      const [type = 0, flags = 0] = held.subarray(at + 3, at + 5)
      take({ type, flags, stream: held.readUInt32BE(at + 5), payload: held.subarray(at + headBytes, end) })
      at = end
    }
    held = held.subarray(at)
  }
}
