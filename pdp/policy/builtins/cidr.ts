import { asIpv4, type IpBytes, readIp } from './ip-address.ts'

/** A network as written: the address before the slash, unmasked, and the length of the prefix in bits. */
export interface Cidr {
  readonly address: IpBytes
  readonly prefix: number
}

/** Reads `10.0.0.0/8` or `fe80::/10` as Go's `net.ParseCIDR` does. */
export function readCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  const address = slash < 0 ? undefined : readIp(text.slice(0, slash))
  const prefix = text.slice(slash + 1)
  if (!address || !/^\d+$/.test(prefix) || Number(prefix) > address.length * 8) return undefined
  return { address, prefix: Number(prefix) }
}

/** The first address: bits behind the prefix are 0. */
export const firstOf = ({ address, prefix }: Cidr): IpBytes => address.map((byte, i) => byte & maskByte(prefix, i))

/** The last address: bits behind the prefix are 1. */
export const lastOf = ({ address, prefix }: Cidr): IpBytes =>
  address.map((byte, i) => byte | (~maskByte(prefix, i) & 0xff))

/** Whether the network holds the address. One that is mapped into IPv6 counts as IPv4, network or address alike. */
export function holds(network: Cidr, address: IpBytes): boolean {
  const first = firstOf(network)
  const own = asIpv4(first) ?? first
  const other = asIpv4(address) ?? address
  const prefix = network.prefix - (first.length - own.length) * 8
  return own.length === other.length && own.every((byte, i) => byte === ((other[i] ?? 0) & maskByte(prefix, i)))
}

/** The byte at `index` of the mask with `prefix` ones. */
export function maskByte(prefix: number, index: number): number {
  const ones = Math.min(8, Math.max(0, prefix - index * 8))
  return (0xff << (8 - ones)) & 0xff
}
