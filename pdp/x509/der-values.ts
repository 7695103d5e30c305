import { type DerReader, derTags } from './der.ts'

/** A BIT STRING: bytes, of which the last has `unused` zero bits at its end. */
export interface BitString {
  readonly bytes: Buffer
  readonly unused: number
}

/** The next INTEGER, in the fewest octets; throws otherwise. `tag` where it is implicitly tagged. */
export function readInteger(der: DerReader, tag: number = derTags.integer): bigint {
  const bytes = der.content(tag)
  const [first, second] = bytes
  if (first === undefined) throw new Error('empty DER integer')
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new Error('DER integer is not minimal')
  }
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`))
}

/** The next BOOLEAN: 0 or 255 (X.690 §11.1). */
export function readBoolean(der: DerReader): boolean {
  const bytes = der.content(derTags.boolean)
  if (bytes.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 0xff)) throw new Error('bad DER boolean')
  return bytes[0] === 0xff
}

/** The next BIT STRING, its unused bits zero (X.690 §11.2). */
export function readBitString(der: DerReader): BitString {
  const content = der.content(derTags.bitString)
  const [unused] = content
  const bytes = content.subarray(1)
  if (unused === undefined || unused > 7 || (bytes.length === 0 && unused !== 0)) throw new Error('bad DER bit string')
  if (((bytes.at(-1) ?? 0) & ((1 << unused) - 1)) !== 0) throw new Error('DER bit string is not padded with zeros')
  return { bytes, unused }
}

/** The bytes of a bit string as a number would be written: its last bit is the lowest of the last byte. */
export function rightAligned({ bytes, unused }: BitString): Buffer {
  if (unused === 0) return bytes
  return Buffer.from(bytes.map((byte, i) => (((bytes[i - 1] ?? 0) << (8 - unused)) | (byte >> unused)) & 0xff))
}

const maximumOidOctets = 4096
const limitOfSmall = 1n << 31n

/** The next OBJECT IDENTIFIER as its components joined by points, each encoded below 2^31; throws otherwise. */
export const readOid = (der: DerReader): string => textOf(der.content(derTags.objectIdentifier), limitOfSmall)

/** The text of an OID by its content octets (X.690 §8.19), at most 4096, components of any size; throws if they are none. */
export const oidText = (bytes: Buffer): string => textOf(bytes, undefined)

function textOf(bytes: Buffer, limit: bigint | undefined): string {
  if (bytes.length === 0 || bytes.length > maximumOidOctets || (bytes.at(-1) ?? 0) >= 0x80) {
    throw new Error('DER OID is empty, too long or cut off')
  }
  const components: bigint[] = []
  let value = 0n
  let isFirst = true
  for (const byte of bytes) {
    if (isFirst && byte === 0x80) throw new Error('DER OID is not minimal')
    value = (value << 7n) | BigInt(byte & 0x7f)
    if (limit !== undefined && value >= limit) throw new Error('DER OID is too large')
    isFirst = byte < 0x80
    if (!isFirst) continue
    components.push(value)
    value = 0n
  }
  const [head = 0n, ...rest] = components
  const root = head < 80n ? head / 40n : 2n
  return [root, head - 40n * root, ...rest].join('.')
}
