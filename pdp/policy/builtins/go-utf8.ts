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
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] ?? 0)
    const character = length === 0 ? undefined : decoded(bytes.subarray(at, at + length))
    text += character ?? replacement
    at += character === undefined ? 1 : length
  }
  return text
}

const sequenceLength = (first: number): number =>
  first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}
