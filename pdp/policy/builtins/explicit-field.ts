import { type DerElement, readDer } from '../../x509/der.ts'

const limitOfLength = 1 << 23

/**
 * An optional element within an explicit tag at the start of some bytes, as Go's encoding/asn1 reads it: undefined where
 * another tag or element stands there, and the length of the tag around it counts for nothing. Throws on a malformed header.
 */
export function readExplicitField(
  bytes: Buffer,
  tag: number,
  inner: number,
): { readonly element: DerElement; readonly rest: Buffer } | undefined {
  if (bytes.length === 0) return undefined
  const around = headerOf(bytes)
  if (bytes[0] !== tag) return undefined
  const content = bytes.subarray(around.size)
  if (content.length === 0 || around.length === 0) throw new Error('nothing within an explicit tag')
  headerOf(content)
  if (content[0] !== inner) return undefined
  const element = readDer(content).element(inner)
  return { element, rest: content.subarray(element.bytes.length) }
}

/** Size of the header and length of the content; the content need not be there. */
function headerOf(bytes: Buffer): { readonly size: number; readonly length: number } {
  const first = bytes[1]
  if (first === undefined) throw new Error('truncated header')
  if (first < 0x80) return { size: 2, length: first }
  const octets = first - 0x80
  if (octets === 0 || octets > 4 || bytes.length < 2 + octets) throw new Error('malformed length')
  const length = bytes.readUIntBE(2, octets)
  if (bytes[2] === 0 || length < 0x80 || length >= limitOfLength) throw new Error('length not minimal, or too large')
  return { size: 2 + octets, length }
}
