import { type Digest } from '../core/digest.ts'

export type KeyDigests =
  | { readonly ok: true; readonly digests: readonly Digest[] }
  | { readonly ok: false; readonly message: string }

const line = /^sha256:([0-9a-f]{64})$/
const maximum = 8

/**
 * Reads a file of digests of keys: lines `sha256:<64 hex>`, two while a key is replaced. Empty lines and `#` comments do
 * not count. Anything else is refused, a key above all; what stood there is not told.
 */
export function readKeyDigests(text: string): KeyDigests {
  const lines = text
    .split('\n')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !entry.startsWith('#'))
  const digests = lines.map((entry) => line.exec(entry)?.[1])
  if (digests.length === 0) return { ok: false, message: 'holds no digest' }
  if (digests.length > maximum) return { ok: false, message: `holds more than ${maximum} digests` }
  if (digests.includes(undefined)) return { ok: false, message: 'holds something that is not a digest' }
  return { ok: true, digests: digests.filter((digest): digest is Digest => digest !== undefined) } // matched: 64 hexadecimal digits
}
