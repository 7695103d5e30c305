import { maskByte } from './cidr.ts'
import { asIpv4, type IpBytes } from './ip-address.ts'

/**
 * A network as Go's `net.IPNet`: an address and the number of ones and of bytes of its mask. Where OPA's algorithm has
 * the two differ in length, they do so here: a text made from such a pair is `<nil>`.
 */
export interface IpNetwork {
  readonly ip: IpBytes
  readonly prefix: number
  readonly maskLength: number
}

const mappedPrefix: IpBytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/**
 * First and last address in 16 bytes, as Cilium's `GetAddressRange`. A network of mapped addresses gets 28 bytes, as it
 * does there, and throws where that would leave the array.
 */
export function rangeOf(network: IpNetwork): readonly [IpBytes, IpBytes] {
  const masked = maskIp(network)
  const first = asIpv4(masked) ? [...mappedPrefix, ...masked] : masked
  const last = [...first]
  for (let i = 0; i < network.maskLength; i++) {
    const at = 15 - i
    if (at < 0 || at >= last.length) throw new RangeError('no such byte')
    last[at] = (last[at] ?? 0) | (~maskByte(network.prefix, network.maskLength - 1 - i) & 0xff)
  }
  return [first, last]
}

/** Go's `IP.Mask`: an empty address where the lengths do not go together. */
function maskIp({ ip, prefix, maskLength }: IpNetwork): IpBytes {
  const shortMask = maskLength === 16 && ip.length === 4 && prefix >= 96
  const ones = shortMask ? prefix - 96 : prefix
  const length = shortMask ? 4 : maskLength
  const bytes = length === 4 && ip.length === 16 ? (asIpv4(ip) ?? ip) : ip
  return bytes.length === length ? bytes.map((byte, i) => byte & maskByte(ones, i)) : []
}

/** By bytes; of two of which one begins the other, the shorter comes first. */
export function compareIps(a: IpBytes, b: IpBytes): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = (a[i] ?? 0) - (b[i] ?? 0)
    if (order !== 0) return order
  }
  return a.length - b.length
}

const zero: IpBytes = Array.from({ length: 16 }, () => 0)
const zeroIpv4: IpBytes = [...mappedPrefix, 0, 0, 0, 0]
const lastIpv6: IpBytes = Array.from({ length: 16 }, () => 0xff)
const lastIpv4: IpBytes = [...mappedPrefix, 0xff, 0xff, 0xff, 0xff]

const isOneOf = (ip: IpBytes, others: readonly IpBytes[]): boolean =>
  others.some((other) => compareIps(ip, other) === 0)

/** The address before, within its family; the first address stays. */
export function previousIp(ip: IpBytes): IpBytes {
  if (isOneOf(ip, [zeroIpv4, zero])) return ip
  return stepped(ip, asIpv4(ip) ? 12 : 0, -1)
}

/** The address behind; the last one of a family stays, and so does what is no address. */
export function nextIp(ip: IpBytes): IpBytes {
  if (isOneOf(ip, [lastIpv4, lastIpv6]) || ip.length !== 16) return ip
  return stepped(ip, 0, 1)
}

function stepped(ip: IpBytes, lowest: number, step: 1 | -1): IpBytes {
  const bytes = [...ip]
  for (let i = bytes.length - 1; i >= lowest; i--) {
    const before = bytes[i] ?? 0
    bytes[i] = (before + step) & 0xff
    if (before !== (step === 1 ? 0xff : 0)) break // nothing to carry
  }
  return bytes
}
