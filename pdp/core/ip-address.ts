/**
 * The bytes of an IP address: four for IPv4 in dotted decimal, sixteen for IPv6 as RFC 4291 §2.2 writes it, without a
 * zone. Undefined for anything else, leading zeros included: others read those as octal.
 */
export function readIpAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? readIpv6(text) : readIpv4(text)
}

const decimal = /^(?:0|[1-9][0-9]{0,2})$/

function readIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  const isByte = (part: string) => decimal.test(part) && Number(part) <= 255
  return parts.length === 4 && parts.every(isByte) ? Uint8Array.from(parts, Number) : undefined
}

const groups = 8

function readIpv6(text: string): Uint8Array | undefined {
  const [head = '', tail, more] = text.split('::')
  if (more !== undefined) return undefined
  const before = readGroups(head)
  const after = tail === undefined ? [] : readGroups(tail)
  if (!before || !after || (tail !== undefined && head.includes('.'))) return undefined
  const missing = groups - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const all = [...before, ...Array.from({ length: missing }, () => 0), ...after]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

/** The last group may be an IPv4 address, which stands for two. */
function readGroups(text: string): readonly number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts.at(-1) ?? ''
  const v4 = last.includes('.') ? readIpv4(last) : undefined
  const hex = v4 ? parts.slice(0, -1) : parts
  if (!hex.every((part) => /^[0-9A-Fa-f]{1,4}$/.test(part))) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = v4 ?? []
  return [...hex.map((part) => Number.parseInt(part, 16)), ...(v4 ? [(a << 8) | b, (c << 8) | d] : [])]
}

/** Addresses that begin with the same bits (RFC 4632 §3.1). */
export interface IpRange {
  readonly address: Uint8Array
  readonly bits: number
}

/** Reads `10.0.0.0/8`, or an address alone. Undefined for anything else, bits beyond the prefix included. */
export function readIpRange(text: string): IpRange | undefined {
  const [before = '', after, more] = text.split('/')
  const address = readIpAddress(before)
  if (!address || more !== undefined || (after !== undefined && !decimal.test(after))) return undefined
  const bits = after === undefined ? address.length * 8 : Number(after)
  if (bits > address.length * 8) return undefined
  const isClear = address.every((byte, i) => (byte & ~maskOf(bits, i) & 0xff) === 0)
  return isClear ? { address, bits } : undefined
}

/** Whether an address lies in a range. An IPv4 address that is written as IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address. */
export function isInRange(address: Uint8Array, range: IpRange): boolean {
  const plain = mapped(address)
  return (
    plain.length === range.address.length &&
    plain.every((byte, i) => (byte & maskOf(range.bits, i)) === (range.address[i] ?? 0))
  )
}

/** The bits of the byte at `i` that a prefix of so many bits fixes. */
const maskOf = (bits: number, i: number): number => (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))) & 0xff

function mapped(address: Uint8Array): Uint8Array {
  const isMapped = address.length === 16 && address.every((byte, i) => i >= 12 || byte === (i < 10 ? 0 : 0xff))
  return isMapped ? address.subarray(12) : address
}
