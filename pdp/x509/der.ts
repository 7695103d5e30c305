/** Tags of X.690 as whole identifier octets. */
export const derTags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
} as const

/** The identifier octet `[number]` of the context: primitive, or `[number]` around other elements. */
export const contextTag = (number: number): number => 0x80 | number
export const contextConstructedTag = (number: number): number => 0xa0 | number

/** One element: its identifier octet, all of its bytes, and its content, which are views of the bytes read. */
export interface DerElement {
  readonly tag: number
  readonly bytes: Buffer
  readonly content: Buffer
}

/** Reads the elements of one run of bytes in order. Every read throws where the bytes are not the DER asked for. */
export interface DerReader {
  /** Nothing is left. */
  isEmpty(): boolean
  /** Whether the next element begins with this identifier octet. */
  isNext(tag: number): boolean
  /** The next element; of this tag, if one is given. */
  element(tag?: number): DerElement
  /** The content of the next element. */
  content(tag: number): Buffer
  /** A reader of the content of the next element. */
  enter(tag: number): DerReader
  /** Like `enter`, but undefined, and nothing is read, where another element or none follows. */
  enterIfNext(tag: number): DerReader | undefined
}

const maximumDepth = 32 // a certificate nests 10 deep
const highTag = 0x1f
const longForm = 0x80
const maximumLengthOctets = 4

/**
 * A strict reader of DER (X.690 §8.1, §10.1): tags below 31, definite lengths in the fewest octets, nesting up to 32.
 * Meant for untrusted bytes; catch in one place.
 */
export const readDer = (bytes: Buffer): DerReader => readerAt(bytes, 0)

function readerAt(bytes: Buffer, depth: number): DerReader {
  if (depth > maximumDepth) throw new Error('DER nests too deeply')
  let at = 0
  const isNext = (tag: number) => bytes[at] === tag
  function element(tag?: number): DerElement {
    const next = elementAt(bytes, at)
    if (tag !== undefined && next.tag !== tag) throw new Error('another DER element was expected')
    at += next.bytes.length
    return next
  }
  const enter = (tag: number) => readerAt(element(tag).content, depth + 1)
  return {
    isEmpty: () => at === bytes.length,
    isNext,
    element,
    content: (tag) => element(tag).content,
    enter,
    enterIfNext: (tag) => (isNext(tag) ? enter(tag) : undefined),
  }
}

function elementAt(bytes: Buffer, start: number): DerElement {
  const tag = bytes[start]
  const first = bytes[start + 1]
  if (tag === undefined || first === undefined) throw new Error('DER ends within a header')
  if ((tag & highTag) === highTag) throw new Error('DER tag above 30')
  const octets = first < longForm ? 0 : first - longForm
  const length = octets === 0 && first < longForm ? first : longLength(bytes, start + 2, octets)
  const content = start + 2 + octets
  if (length > bytes.length - content) throw new Error('DER ends within an element')
  return { tag, bytes: bytes.subarray(start, content + length), content: bytes.subarray(content, content + length) }
}

/** X.690 §10.1: the fewest octets, so not for what the short form can say, and none of them a leading zero. */
function longLength(bytes: Buffer, at: number, octets: number): number {
  if (octets === 0 || octets > maximumLengthOctets || at + octets > bytes.length) {
    throw new Error('DER length is indefinite, too long or cut off')
  }
  const length = bytes.readUIntBE(at, octets)
  if (length < longForm || bytes[at] === 0) throw new Error('DER length is not minimal')
  return length
}
