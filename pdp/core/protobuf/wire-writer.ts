import type { WireType } from './wire-reader.ts'

/** Collects the bytes of one message. Varints in the fewest bytes; negative ones are the caller's to wrap to 64 bits. */
export interface WireWriter {
  tag(number: number, wire: WireType): void
  varint(value: number | bigint): void
  fixed64(value: bigint): void
  bytes(value: Uint8Array): void
  /** As UTF-8. */
  text(value: string): void
  /** What `write` writes of a value, with its length before it. */
  nested<T>(write: (inner: WireWriter, value: T) => void, value: T): void
  /** The bytes so far, which are the caller's from now on. */
  finish(): Buffer
}

const firstBytes = 1_024
const longestVarint = 10
const shortText = 64 // up to here a loop is faster than a call out of JavaScript

/** Makes an empty writer. */
export function writeWire(): WireWriter {
  let buffer = Buffer.allocUnsafe(firstBytes)
  let at = 0
  function reserve(length: number): void {
    if (at + length <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, at + length))
    buffer.copy(larger, 0, 0, at)
    buffer = larger
  }
  /** There must be room. */
  function put(value: number): void {
    let rest = value
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 0x80
    buffer[at++] = rest
  }
  function varint(value: number | bigint): void {
    reserve(longestVarint)
    if (typeof value === 'number') return put(value)
    let rest = value
    for (; rest > 0x7fn; rest >>= 7n) buffer[at++] = Number(rest & 0x7fn) | 0x80
    buffer[at++] = Number(rest)
  }
  function plain(value: Uint8Array): void {
    varint(value.length)
    reserve(value.length)
    buffer.set(value, at)
    at += value.length
  }
  /** Writes a text of ASCII, shorter than 128 bytes; false where it is not, and nothing is written. */
  function short(value: string): boolean {
    reserve(value.length + 1)
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return false
      buffer[at + 1 + i] = code
    }
    buffer[at] = value.length
    at += value.length + 1
    return true
  }
  const writer: WireWriter = {
    tag: (number, wire) => varint(number * 8 + wire),
    varint,
    fixed64(value) {
      reserve(8)
      at = buffer.writeBigUInt64LE(value, at)
    },
    bytes: plain,
    text(value) {
      if (value.length <= shortText && short(value)) return
      const length = Buffer.byteLength(value)
      varint(length)
      reserve(length)
      at += buffer.write(value, at, 'utf8')
    },
    nested(write, value) {
      reserve(1)
      const start = at++ // lengths have one byte, most often; for a longer one what it counts is moved
      write(writer, value)
      const length = at - start - 1
      const more = lengthOf(length) - 1
      reserve(more)
      if (more > 0) buffer.copyWithin(start + 1 + more, start + 1, at)
      const end = at + more
      at = start
      put(length)
      at = end
    },
    finish: () => buffer.subarray(0, at),
  }
  return writer
}

/** How many bytes a varint has. */
function lengthOf(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes++
  return bytes
}
