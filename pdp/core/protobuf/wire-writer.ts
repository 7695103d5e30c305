import type { WireType } from './wire-reader.ts'

/** Collects the bytes of one message. Varints in the fewest bytes; negative ones are the caller's to wrap to 64 bits. */
export interface WireWriter {
  tag(number: number, wire: WireType): void
  varint(value: number | bigint): void
  fixed64(value: bigint): void
  bytes(value: Uint8Array): void
  /** What `write` writes, with its length before it. */
  nested(write: (inner: WireWriter) => void): void
  finish(): Buffer
}

/** Makes an empty writer. */
export function writeWire(): WireWriter {
  const parts: Uint8Array[] = []
  let small: number[] = [] // bytes of tags and numbers, until a longer part follows
  const flush = () => {
    if (small.length > 0) parts.push(Buffer.from(small))
    small = []
  }
  const varint = (value: number | bigint): void => {
    let rest = BigInt(value)
    for (; rest > 0x7fn; rest >>= 7n) small.push(Number(rest & 0x7fn) | 0x80)
    small.push(Number(rest))
  }
  const part = (bytes: Uint8Array): void => {
    flush()
    parts.push(bytes)
  }
  const withLength = (bytes: Uint8Array): void => {
    varint(bytes.length)
    part(bytes)
  }
  return {
    tag: (number, wire) => varint(number * 8 + wire),
    varint,
    fixed64(value) {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64LE(value)
      part(bytes)
    },
    bytes: withLength,
    nested(write) {
      const inner = writeWire()
      write(inner)
      withLength(inner.finish())
    },
    finish() {
      flush()
      return Buffer.concat(parts)
    },
  }
}
