import { createDynamicTable } from './dynamic-table.ts'
import { decodeHuffman } from './huffman.ts'
import type { Field } from './static-table.ts'

/** Reads blocks of header fields (RFC 7541), each with what the ones before it had kept. */
export interface HpackDecoder {
  /**
   * Hands over the fields of a block in order. False where it is none; the connection cannot go on then, since nobody
   * knows what is kept.
   */
  decode(block: Buffer, take: (field: Field) => void): boolean
  /** How often blocks changed what later ones mean. */
  changes(): number
}

/** Bytes of fields that either side may have kept before it hears otherwise (RFC 9113 §6.5.2); here it never does. */
export const tableBytes = 4_096

const mostShift = 21 // four bytes after the prefix: more than any length or index here

export function createHpackDecoder(): HpackDecoder {
  const table = createDynamicTable(tableBytes)
  let block: Buffer = Buffer.alloc(0)
  let at = 0

  /** An integer with a prefix of so many bits (§5.1); -1 where it does not end, or is too great. */
  function integer(bits: number): number {
    const mask = 2 ** bits - 1
    let value = (block[at++] ?? 0) & mask
    if (value < mask) return value
    for (let shift = 0; shift <= mostShift; shift += 7) {
      const byte = block[at++]
      if (byte === undefined) return -1
      value += (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    return -1
  }

  /** A string (§5.2); undefined where it is none. */
  function text(): string | undefined {
    const first = block[at]
    if (first === undefined) return undefined
    const length = integer(7)
    const start = at
    if (length < 0 || length > block.length - start) return undefined
    at += length
    return first >= 0x80 ? decodeHuffman(block.subarray(start, at)) : block.toString('latin1', start, at)
  }

  /** A field with its name by index or as a string (§6.2). */
  function literal(bits: number): Field | undefined {
    const index = integer(bits)
    if (index < 0) return undefined
    const name = index === 0 ? text() : table.at(index)?.[0]
    if (name === undefined) return undefined
    const value = text()
    return value === undefined ? undefined : [name, value]
  }

  return {
    decode(given, take) {
      block = given
      at = 0
      let begun = false
      while (at < block.length) {
        const first = block[at] ?? 0
        if (first >= 0x20 && first < 0x40) {
          const bytes = integer(5)
          if (begun || bytes < 0 || bytes > tableBytes) return false // only before the first field (§4.2)
          table.resize(bytes)
          continue
        }
        begun = true
        const isKept = first >= 0x40 && first < 0x80
        const field = first >= 0x80 ? table.at(integer(7)) : literal(isKept ? 6 : 4)
        if (!field) return false
        if (isKept) table.add(field)
        take(field)
      }
      return true
    },
    changes: table.changes,
  }
}
