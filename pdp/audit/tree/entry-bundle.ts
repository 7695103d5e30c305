/** Bytes before each entry of a bundle: its length. */
const lengthBytes = 2

/** The longest entry that a bundle can hold. */
export const maximumEntryBytes = 0xffff

/** Entries as a bundle: each after its length as big-endian uint16 (C2SP tlog-tiles, Log entries). */
export function writeEntryBundle(entries: readonly Uint8Array[]): Buffer {
  let size = 0
  for (const entry of entries) size += lengthBytes + entry.length
  const bundle = Buffer.allocUnsafe(size)
  let at = 0
  for (const entry of entries) {
    if (entry.length > maximumEntryBytes) throw new Error(`an entry of ${entry.length} bytes is too long for a bundle`)
    at = bundle.writeUInt16BE(entry.length, at)
    bundle.set(entry, at)
    at += entry.length
  }
  return bundle
}

/** The entries of a bundle; undefined where it does not end with the last of them. */
export function readEntryBundle(bundle: Buffer): readonly Buffer[] | undefined {
  const entries: Buffer[] = []
  for (let at = 0; at < bundle.length; ) {
    if (at + lengthBytes > bundle.length) return undefined
    const from = at + lengthBytes
    const to = from + bundle.readUInt16BE(at)
    if (to > bundle.length) return undefined
    entries.push(bundle.subarray(from, to))
    at = to
  }
  return entries
}
