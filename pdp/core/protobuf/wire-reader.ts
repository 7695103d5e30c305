/** How a value stands on the wire (Protocol Buffers, "Encoding"): what follows the tag. Groups, 3 and 4, are not taken. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

export type WireType = (typeof wireTypes)[keyof typeof wireTypes]

/** A tag as it stands on the wire: {@link numberOf} a field, and {@link wireOf} its value. */
export type Tag = number

export const numberOf = (tag: Tag): number => tag >>> 3
export const wireOf = (tag: Tag): WireType => (tag & 7) as WireType // the reader hands out no others

/** What reading one message draws on: how many tags may still be read. */
export interface Budget {
  tags: number
}

/** Reads one run of bytes in order. Every read throws {@link ProtobufFault} where the bytes are not what is asked for. */
export interface WireReader {
  isEmpty(): boolean
  tag(): Tag
  /** A varint of at most 64 bits. */
  varint(): bigint
  /** A varint of which more than 32 bits are a fault, as in tags and lengths. */
  uint32(): number
  fixed64(): bigint
  fixed32(): number
  /** A length and as many bytes: a view of what is read. */
  bytes(): Buffer
  /** A length and as many bytes of UTF-8. Others are a fault: replaced characters would be another text than was sent. */
  text(): string
  /** A length, and `read` on as many bytes, one level deeper; it reads them all, or throws. */
  enter<T>(read: (inner: WireReader) => T): T
  skip(wire: WireType): void
}

export type ProtobufFaultKind = 'truncated' | 'varint' | 'tag' | 'type' | 'twice' | 'text' | 'range' | 'depth' | 'count'

/** Thrown within the reader alone, and caught in `message.ts`. */
export class ProtobufFault extends Error {
  override readonly name = 'ProtobufFault'
  readonly kind: ProtobufFaultKind
  constructor(kind: ProtobufFaultKind, message: string) {
    super(message)
    this.kind = kind
  }
}

const largestVarint = 2n ** 64n
const longestVarint = 10
const known: ReadonlySet<number> = new Set(Object.values(wireTypes))
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A reader of `bytes`, nesting up to `depth` more levels. Every length is checked against what is there. */
export function readWire(bytes: Buffer, depth: number, budget: Budget): WireReader {
  let at = 0
  let end = bytes.length // of what is entered
  let levels = depth
  const take = (length: number): number => {
    if (length > end - at) throw new ProtobufFault('truncated', 'ends within a value')
    at += length
    return at - length
  }
  function varint(): bigint {
    let value = 0n
    for (let i = 0; i < longestVarint; i++) {
      const byte = at < end ? bytes[at++] : undefined
      if (byte === undefined) throw new ProtobufFault('truncated', 'ends within a number')
      value |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) {
        if (value >= largestVarint) break
        return value
      }
    }
    throw new ProtobufFault('varint', 'a number has more than 64 bits')
  }
  function uint32(): number {
    const [first = 0x80, second = 0x80] = [bytes[at], bytes[at + 1]]
    if (first < 0x80 && at < end) {
      at++
      return first
    }
    if (second < 0x80 && at + 1 < end) {
      at += 2
      return (second << 7) | (first & 0x7f)
    }
    const value = varint()
    if (value > 0xffff_ffffn) throw new ProtobufFault('varint', 'a tag or a length has more than 32 bits')
    return Number(value)
  }
  function readBytes(): Buffer {
    const from = take(uint32())
    return bytes.subarray(from, at)
  }
  const reader: WireReader = {
    isEmpty: () => at === end,
    tag() {
      if (--budget.tags < 0) throw new ProtobufFault('count', 'has too many fields')
      const tag = uint32()
      if (tag < 8 || !known.has(tag & 7)) throw new ProtobufFault('tag', 'a tag names no field, or a group')
      return tag
    },
    varint,
    uint32,
    fixed64: () => bytes.readBigUInt64LE(take(8)),
    fixed32: () => bytes.readUInt32LE(take(4)),
    bytes: readBytes,
    text() {
      const from = take(uint32())
      const text = bytes.toString('utf8', from, at) // faster than a strict decoder, and right unless it replaced something
      if (!text.includes('\ufffd')) return text
      try {
        return utf8.decode(bytes.subarray(from, at))
      } catch {
        throw new ProtobufFault('text', 'a string is not UTF-8')
      }
    },
    enter(read) {
      if (levels === 0) throw new ProtobufFault('depth', 'nests too deeply')
      const outer = end
      const from = take(uint32())
      end = at
      at = from
      levels--
      const value = read(reader)
      levels++
      end = outer
      return value
    },
    skip(wire) {
      if (wire === wireTypes.varint) varint()
      else if (wire === wireTypes.bytes) take(uint32())
      else take(wire === wireTypes.fixed64 ? 8 : 4)
    },
  }
  return reader
}
