/** How a value stands on the wire (Protocol Buffers, "Encoding"): what follows the tag. Groups, 3 and 4, are not taken. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

export type WireType = (typeof wireTypes)[keyof typeof wireTypes]

/** A tag: the number of a field, and how its value stands there. */
export interface Tag {
  readonly number: number
  readonly wire: WireType
}

/** What all readers of one message draw on: how many tags may still be read. */
export interface Budget {
  tags: number
}

/** Reads one run of bytes in order. Every read throws {@link ProtobufFault} where the bytes are not what is asked for. */
export interface WireReader {
  isEmpty(): boolean
  tag(): Tag
  /** A varint of at most 64 bits. */
  varint(): bigint
  fixed64(): bigint
  fixed32(): number
  /** A length and as many bytes: a view of what is read. */
  bytes(): Buffer
  /** A length and a reader of as many bytes, one level deeper. */
  enter(): WireReader
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
const isWireType = (wire: number): wire is WireType => known.has(wire)

/** A reader of `bytes`, nesting up to `depth` more levels. Every length is checked against what is there. */
export function readWire(bytes: Buffer, depth: number, budget: Budget): WireReader {
  let at = 0
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new ProtobufFault('truncated', 'ends within a value')
    at += length
    return bytes.subarray(at - length, at)
  }
  function varint(): bigint {
    let value = 0n
    for (let i = 0; i < longestVarint; i++) {
      const byte = bytes[at++]
      if (byte === undefined) throw new ProtobufFault('truncated', 'ends within a number')
      value |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) {
        if (value >= largestVarint) break
        return value
      }
    }
    throw new ProtobufFault('varint', 'a number has more than 64 bits')
  }
  /** A varint of at most 32 bits, as tags and lengths are. */
  function small(): number {
    const first = bytes[at]
    if (first !== undefined && first < 0x80) {
      at++
      return first
    }
    const value = varint()
    if (value > 0xffff_ffffn) throw new ProtobufFault('varint', 'a tag or a length has more than 32 bits')
    return Number(value)
  }
  const readBytes = () => take(small())
  return {
    isEmpty: () => at === bytes.length,
    tag() {
      if (--budget.tags < 0) throw new ProtobufFault('count', 'has too many fields')
      const tag = small()
      const [number, wire] = [tag >>> 3, tag & 7]
      if (number === 0 || !isWireType(wire)) throw new ProtobufFault('tag', 'a tag names no field, or a group')
      return { number, wire }
    },
    varint,
    fixed64: () => take(8).readBigUInt64LE(),
    fixed32: () => take(4).readUInt32LE(),
    bytes: readBytes,
    enter() {
      if (depth === 0) throw new ProtobufFault('depth', 'nests too deeply')
      return readWire(readBytes(), depth - 1, budget)
    },
    skip(wire) {
      if (wire === wireTypes.varint) varint()
      else if (wire === wireTypes.bytes) readBytes()
      else take(wire === wireTypes.fixed64 ? 8 : 4)
    },
  }
}
