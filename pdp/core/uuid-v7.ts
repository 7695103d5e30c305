import type { DecisionId } from './frame.ts'
import type { Instant } from './time.ts'

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Makes a UUIDv7 from a time and ten random bytes (RFC 9562 §5.7). */
export function uuidV7(now: Instant, random: Uint8Array): DecisionId {
  const time = Math.trunc(now).toString(16).padStart(12, '0')
  const at = (i: number) => hex[random[i] ?? 0] ?? ''
  const version = (0x70 | ((random[0] ?? 0) & 0x0f)).toString(16)
  const variant = (0x80 | ((random[2] ?? 0) & 0x3f)).toString(16)
  const node = at(4) + at(5) + at(6) + at(7) + at(8) + at(9)
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}${at(1)}-${variant}${at(3)}-${node}` as DecisionId
}
