import type { Field } from './static-table.ts'
import { staticTable } from './static-table.ts'

/**
 * A block of header fields (RFC 7541 §6) that refers to the static table alone and has nothing kept, so that it means the
 * same in every place: what answers are made of is written once.
 */
export const writeFields = (fields: readonly Field[]): Buffer => Buffer.concat(fields.map(writeField))

/** What says that nothing will ever be kept (§6.3), for a client that lowered how much may be. */
export const nothingKept = Buffer.from([0x20])

function writeField([name, value]: Field): Buffer {
  const whole = staticTable.findIndex((row) => row[0] === name && row[1] === value) + 1
  if (whole > 0) return Buffer.from([0x80 | whole])
  const index = staticTable.findIndex((row) => row[0] === name) + 1
  return index > 0
    ? Buffer.concat([integer(index, 4), text(value)])
    : Buffer.concat([Buffer.from([0]), text(name), text(value)])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([integer(bytes.length, 7), bytes])
}

/** An integer with a prefix of so many bits, the bits before it zero (§5.1). */
function integer(value: number, bits: number): Buffer {
  const mask = 2 ** bits - 1
  if (value < mask) return Buffer.from([value])
  const bytes = [mask]
  let rest = value - mask
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}
