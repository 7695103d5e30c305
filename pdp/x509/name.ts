import { type DerElement, type DerReader, derTags, readDer } from './der.ts'
import { readOid } from './der-values.ts'

/** One attribute of a name: its value in DER, and as text where it is one. */
export interface NameAttribute {
  readonly type: string
  readonly der: Buffer
  readonly value?: string
}

/**
 * A distinguished name. `key` is equal for two names that match (RFC 5280 §7.1), `rdns` holds the same for each of its
 * parts in order, so that one name lies within another's subtree if the other's parts are its first.
 */
export interface Name {
  readonly key: string
  readonly rdns: readonly string[]
  readonly attributes: readonly NameAttribute[]
}

const decoders: ReadonlyMap<number, (bytes: Buffer) => string> = new Map([
  [derTags.utf8String, readUtf8],
  [derTags.printableString, readLatin1],
  [derTags.ia5String, readLatin1],
  [derTags.numericString, readLatin1],
  [derTags.t61String, readLatin1],
  [derTags.bmpString, readBmp],
])

/** The next Name (RFC 5280 §4.1.2.4); throws where it is none. */
export function readName(der: DerReader): Name {
  const rdns: NameAttribute[][] = []
  const sequence = der.enter(derTags.sequence)
  while (!sequence.isEmpty()) {
    const set = sequence.enter(derTags.set)
    const parts: NameAttribute[] = []
    do parts.push(readAttribute(set))
    while (!set.isEmpty())
    rdns.push(parts)
  }
  return nameOf(rdns)
}

/** The name of these parts, each with its attributes. */
export function nameOf(parts: readonly (readonly NameAttribute[])[]): Name {
  const rdns = parts.map((attributes) => JSON.stringify(attributes.map(keyOf).sort()))
  return { key: JSON.stringify(rdns), rdns, attributes: parts.flat() }
}

/** Whether `name` lies in the subtree of `base` (RFC 5280 §4.2.1.10); every name lies in that of the empty one. */
export const isWithin = (name: Name, base: Name): boolean => base.rdns.every((rdn, i) => name.rdns[i] === rdn)

function readAttribute(set: DerReader): NameAttribute {
  const pair = set.enter(derTags.sequence)
  const type = readOid(pair)
  const element = pair.element()
  if (!pair.isEmpty()) throw new Error('attribute of a name holds more than its value')
  return attributeOf(type, element)
}

/** An attribute of this value; throws where the value is of a kind of text and is none. */
export function attributeOf(type: string, element: DerElement): NameAttribute {
  const value = decoders.get(element.tag)?.(element.content)
  return { type, der: element.bytes, ...(value !== undefined && { value }) }
}

const keyOf = ({ type, value, der }: NameAttribute): string =>
  JSON.stringify([type, value === undefined ? der.toString('hex') : `=${fold(value)}`])

// RFC 5280 §7.1, RFC 4518: case, compatibility forms and runs of spaces make no difference
const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ')

function readUtf8(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
}

function readLatin1(bytes: Buffer): string {
  return bytes.toString('latin1')
}

function readBmp(bytes: Buffer): string {
  if (bytes.length % 2 !== 0) throw new Error('BMPString of an odd length')
  return Buffer.from(bytes).swap16().toString('utf16le')
}

/** Reads the Name that these bytes are. */
export function readWholeName(bytes: Buffer): Name {
  const der = readDer(bytes)
  const name = readName(der)
  if (!der.isEmpty()) throw new Error('bytes after a name')
  return name
}
