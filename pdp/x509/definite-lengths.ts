import { derTags } from './der.ts'

const longForm = 0x80
const constructed = 0x20
const constructedOctets = derTags.octetString | constructed
const highTag = 0x1f
const maximumDepth = 32
const maximumLengthOctets = 4

/** One element written anew, and where the next one begins. */
interface Rewritten {
  readonly written: Buffer
  readonly end: number
}

/**
 * Writes BER with definite lengths and whole OCTET STRINGs, so that the strict reader of DER can read what signers that
 * stream make (X.690 §8.1.3.6, §8.7.3). Nothing else is mended, and DER comes out as it went in. Throws where the bytes are
 * no BER, nest deeper than 32, have a length in more octets than needed, or go on after their one element.
 */
export function withDefiniteLengths(bytes: Buffer): Buffer {
  const { written, end } = rewrite(bytes, 0, bytes.length, 0)
  if (end !== bytes.length) throw new Error('bytes after the element')
  return written
}

function rewrite(bytes: Buffer, start: number, limit: number, depth: number): Rewritten {
  const [tag, first] = bytes.subarray(start, limit)
  if (tag === undefined || first === undefined) throw new Error('BER ends within a header')
  if (depth > maximumDepth || (tag & highTag) === highTag) throw new Error('BER nests too deeply or has a tag above 30')
  if (first === longForm) return rewriteIndefinite(bytes, start, limit, depth)
  const { length, at } = readLength(bytes, start + 1, first)
  const end = at + length
  if (end > limit) throw new Error('BER ends within an element')
  if ((tag & constructed) === 0) return { written: bytes.subarray(start, end), end }
  const parts: Buffer[] = []
  for (let next = at; next < end; ) {
    const part = rewrite(bytes, next, end, depth + 1)
    parts.push(part.written)
    next = part.end
  }
  return { written: join(tag, parts), end }
}

/** Up to the two zeros at its end. */
function rewriteIndefinite(bytes: Buffer, start: number, limit: number, depth: number): Rewritten {
  const tag = bytes[start] ?? 0
  if ((tag & constructed) === 0) throw new Error('primitive BER of indefinite length')
  const parts: Buffer[] = []
  let next = start + 2
  while (next + 2 > limit || bytes.readUInt16BE(next) !== 0) {
    const part = rewrite(bytes, next, limit, depth + 1) // throws where nothing is left
    parts.push(part.written)
    next = part.end
  }
  return { written: join(tag, parts), end: next + 2 }
}

/** One element of these parts; of an OCTET STRING in pieces, their contents. */
function join(tag: number, parts: readonly Buffer[]): Buffer {
  return tag === constructedOctets
    ? element(derTags.octetString, Buffer.concat(parts.map(contentOfOctets)))
    : element(tag, Buffer.concat(parts))
}

function contentOfOctets(part: Buffer): Buffer {
  const [tag, first = 0] = part
  if (tag !== derTags.octetString) throw new Error('a piece of an OCTET STRING is none')
  return part.subarray(readLength(part, 1, first).at)
}

function element(tag: number, content: Buffer): Buffer {
  const digits = content.length.toString(16)
  const octets = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  const header = content.length < longForm ? [tag, content.length] : [tag, longForm | octets.length, ...octets]
  return Buffer.concat([Buffer.from(header), content])
}

/** X.690 §10.1: in the fewest octets, since what is not would be mended by being written anew. */
function readLength(bytes: Buffer, at: number, first: number): { readonly length: number; readonly at: number } {
  if (first < longForm) return { length: first, at: at + 1 }
  const octets = first - longForm
  const end = at + 1 + octets
  if (octets > maximumLengthOctets || end > bytes.length) throw new Error('BER length is too long or cut off')
  const length = bytes.readUIntBE(at + 1, octets)
  if (length < longForm || bytes[at + 1] === 0) throw new Error('BER length is not minimal')
  return { length, at: end }
}
