const replacement = '\ufffd'
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as text as Go's encoding/json makes it: each byte that is not part of UTF-8 becomes one U+FFFD. */
export function goText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    return replaced(bytes)
  }
}

// Decoders of the web replace a whole cut-off sequence at once, Go each of its bytes.
function replaced(bytes: Uint8Array): string {
  let text = ''
  let start = 0
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at)
    if (length === 0) {
      text += strict.decode(bytes.subarray(start, at)) + replacement
      start = at + 1
    }
    at += length || 1
  }
  return text + strict.decode(bytes.subarray(start))
}

/** How many bytes the character at an index has; 0 where there is none (RFC 3629 §4). */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  const second = bytes[at + 1] ?? 0
  // no longer forms, no surrogates, nothing above U+10FFFF
  const from = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const to = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (length === 0 || second < from || second > to) return 0
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}
