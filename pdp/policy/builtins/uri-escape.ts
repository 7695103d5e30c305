/** The part of a URL that a text stands in. Each has characters of its own that need no escape. */
export type UriPart = 'path' | 'host' | 'zone' | 'user' | 'fragment'

const unescaped: Readonly<Record<UriPart, RegExp>> = {
  path: /^[\w.~$&+,/:;=@-]$/,
  host: /^[\w.~!$&'()*+,;=:[\]<>"-]$/,
  zone: /^[\w.~!$&'()*+,;=:[\]<>"-]$/,
  user: /^[\w.~$&+,;=-]$/,
  fragment: /^[\w.~$&+,/:;=?@!()*-]$/,
}

/** Whether Go's `net/url` escapes this character of one byte there. */
export const shouldEscape = (character: string, part: UriPart): boolean => !unescaped[part].test(character)

/** Undoes percent encoding, a character for a byte; undefined where Go refuses an escape or a character of a host. */
export function unescapeUri(text: string, part: UriPart): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined
  const strict = part === 'host' || part === 'zone'
  if (strict && [...text].some((character) => character !== '%' && isStrange(character, part))) return undefined
  for (const [escape] of text.matchAll(/%[^][^]/g)) if (!mayBeEscaped(escape, part)) return undefined
  return text.replaceAll(/%[^][^]/g, byteOf)
}

const isStrange = (character: string, part: UriPart): boolean => character < '\x80' && shouldEscape(character, part)

// A host may only escape what is not ASCII, a zone (RFC 6874) also what it could write as it is, and spaces.
function mayBeEscaped(escape: string, part: UriPart): boolean {
  if (escape === '%25') return true
  const byte = byteOf(escape)
  if (part === 'host') return byte >= '\x80'
  return part !== 'zone' || byte === ' ' || !shouldEscape(byte, 'host')
}

const byteOf = (escape: string): string => String.fromCharCode(Number.parseInt(escape.slice(1), 16))
