/**
 * What the hash of a file in a signed bundle is over, as OPA has it: the bytes of the file, but for JSON its value with
 * members in order and without space. A file that does not survive the reading in JavaScript (a number of more digits)
 * gives another text, and so is refused.
 */
export function hashedBytes(name: string, bytes: Uint8Array): string | Uint8Array {
  const structured = name.endsWith('.json') || name === '.manifest' || name.endsWith('/.manifest')
  if (!structured) return bytes
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return textOf(value)
  } catch {
    return bytes
  }
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return primitive(value)
  const members: [string, unknown][] = Object.entries(value)
  // Go orders by bytes of UTF-8
  members.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return `{${members.map(([name, member]) => `${primitive(name)}:${textOf(member)}`).join(',')}}`
}

/** As Go's encoder writes it without HTML escapes: it escapes the two line ends that JavaScript leaves. */
const primitive = (value: unknown): string =>
  JSON.stringify(value).replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`)
