import type { AuditRecord } from '../core/record.ts'
import { lineOf, maximumHeadBytes } from './record-line.ts'

/** What a line says after its number, and how many bytes of UTF-8 that has. */
export interface UnnumberedLine {
  readonly kind: AuditRecord['kind']
  readonly body: string
  readonly bytes: number
}

const firstBytes = 64 * 1024
const maximumKept = 1024 * 1024

/**
 * Numbers lines, from `seq` on, and answers their bytes with their line ends. The bytes are good until the next call: all
 * are written into the same memory, since new memory for each batch costs more than what is written into it.
 */
export function createLineWriter(): (lines: readonly UnnumberedLine[], seq: number) => Uint8Array {
  let memory = Buffer.allocUnsafeSlow(firstBytes)
  return (lines, seq) => {
    let room = 0
    for (const { bytes } of lines) room += maximumHeadBytes + bytes
    const into = room <= memory.length ? memory : Buffer.allocUnsafeSlow(room)
    if (into.length <= maximumKept) memory = into
    let at = 0
    for (const [i, { kind, body }] of lines.entries()) at += into.write(`${lineOf(kind, seq + i, body)}\n`, at)
    return into.subarray(0, at)
  }
}
