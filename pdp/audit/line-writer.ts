import type { AuditRecord } from '../core/record.ts'
import { maximumHeadBytes } from './line-size.ts'
import { headOf } from './record-line.ts'

/** What a line says after its number. */
export interface UnnumberedLine {
  readonly kind: AuditRecord['kind']
  readonly body: string
}

const firstBytes = 256 * 1024
const maximumKept = 1024 * 1024
const bytesOfUnit = 3 // that a UTF-16 unit has in UTF-8, at most
const comma = 0x2c
const newline = 0x0a

/**
 * Numbers lines, from `seq` on, and answers their bytes with their line ends: those of `lineOf`. They are good until the next
 * call: all are written into the same memory, since new memory for each batch costs more than what is written into it.
 */
export function createLineWriter(): (lines: readonly UnnumberedLine[], seq: number) => Uint8Array {
  let memory: Buffer = Buffer.allocUnsafeSlow(firstBytes)
  return (lines, seq) => {
    let into = memory
    let at = 0
    for (const [i, { kind, body }] of lines.entries()) {
      const room = at + maximumHeadBytes + body.length * bytesOfUnit
      if (room > into.length) into = widened(into, at, room)
      at += into.write(headOf(kind, seq + i), at, 'latin1')
      const start = at
      at += into.write(body, at) // into its place, and not first behind its head, which would copy it once more
      into[start] = comma // in the place of the brace that a body begins with
      into[at++] = newline
    }
    if (into.length <= maximumKept) memory = into
    return into.subarray(0, at)
  }
}

function widened(bytes: Buffer, used: number, room: number): Buffer {
  const wider = Buffer.allocUnsafeSlow(Math.max(room, bytes.length * 2))
  bytes.copy(wider, 0, 0, used)
  return wider
}
