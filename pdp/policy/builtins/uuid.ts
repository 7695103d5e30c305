import { numberOf, objectOf, type Value } from '../value.ts'
import { type Builtin, perDecision } from './builtin.ts'

/** `uuid.rfc4122`, one random UUID per decision and key, and `uuid.parse`, what a UUID says of itself. */
export const uuid: readonly Builtin[] = [
  perDecision('uuid.rfc4122', (context, key) => {
    if (typeof key !== 'string') return undefined
    const bytes = context.bytes(`uuid\0${key}`, 16)
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    return Buffer.from(bytes)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }),
  { name: 'uuid.parse', call: (text) => (typeof text === 'string' ? parse(text) : undefined) },
]

// As the Go package google/uuid: a URN of any case, any two characters as braces, or no dashes at all.
const forms = [
  /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i,
  /^urn:uuid:([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i,
  /^[\0-\x7f]([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})[\0-\x7f]$/i,
  /^([0-9a-f]{32})$/i,
]

const gregorian = 122_192_928_000_000_000n // hundreds of nanoseconds from 1582-10-15 to 1970
const domains = ['Person', 'Group', 'Org']

function parse(text: string): Value | undefined {
  const digits = forms.map((form) => form.exec(text)).find((found) => found !== null)
  if (!digits) return undefined
  const bytes = Buffer.from(digits.slice(1).join(''), 'hex')
  const version = bytes.readUInt8(6) >> 4
  const entries: [string, Value][] = [
    ['version', version],
    ['variant', variantOf(bytes.readUInt8(8))],
  ]
  if (version === 1 || version === 2) entries.push(...timeAndNode(bytes))
  if (version === 2) {
    const domain = bytes.readUInt8(9)
    entries.push(['id', bytes.readUInt32BE(0)], ['domain', domains[domain] ?? `Domain${domain}`])
  }
  return objectOf(...entries)
}

function variantOf(byte: number): string {
  if ((byte & 0xc0) === 0x80) return 'RFC4122'
  if ((byte & 0xe0) === 0xc0) return 'Microsoft'
  return (byte & 0xe0) === 0xe0 ? 'Future' : 'Reserved'
}

function timeAndNode(bytes: Buffer): readonly [string, Value][] {
  const high = BigInt(bytes.readUInt16BE(6) & 0x0fff)
  const ticks = (high << 48n) | (BigInt(bytes.readUInt16BE(4)) << 32n) | BigInt(bytes.readUInt32BE(0))
  const first = bytes.readUInt8(10)
  const mac = `${first & 2 ? 'local' : 'global'}:${first & 1 ? 'multicast' : 'unicast'}`
  const node = [...bytes.subarray(10)].map((byte) => byte.toString(16).padStart(2, '0')).join('-')
  return [
    ['time', numberOf(String(BigInt.asIntN(64, (ticks - gregorian) * 100n)))],
    ['nodeid', node],
    ['macvariables', mac],
    ['clocksequence', bytes.readUInt16BE(8) & 0x3fff],
  ]
}
