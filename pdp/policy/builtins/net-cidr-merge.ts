import { isArrayValue, isSetValue, setOf, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { firstOf, readCidr } from './cidr.ts'
import { rangeToNetworks } from './cidr-partition.ts'
import { compareIps, type IpNetwork, previousIp, rangeOf } from './cidr-range.ts'
import { asIpv4, type IpBytes, ipText, readIp } from './ip-address.ts'

/**
 * `net.cidr_merge`: the fewest networks that cover those of a list or a set. An IPv4 address without a prefix counts as
 * the whole network of its class (`10.0.0.1` as `10.0.0.1/8`), IPv6 needs a prefix: so OPA has it.
 */
export const netCidrMerge: Builtin = {
  name: 'net.cidr_merge',
  call(operand) {
    const items = isArrayValue(operand) ? operand : isSetValue(operand) ? operand.items : undefined
    if (!items) return undefined
    const networks: IpNetwork[] = []
    for (const item of items) {
      const network = networkOf(item)
      if (!network) return undefined
      networks.push(network)
    }
    return setOf(...new Set(merge(networks).map(networkText)))
  },
}

function networkOf(item: Value): IpNetwork | undefined {
  if (typeof item !== 'string') return undefined
  const ip = readIp(item)
  if (ip) {
    const ipv4 = asIpv4(ip)
    return (
      ipv4 && {
        ip: [...Array.from({ length: 10 }, () => 0), 0xff, 0xff, ...ipv4],
        prefix: classOf(ipv4),
        maskLength: 4,
      }
    )
  }
  const cidr = readCidr(item)
  return cidr && { ip: firstOf(cidr), prefix: cidr.prefix, maskLength: cidr.address.length }
}

const classOf = ([first = 0]: IpBytes): number => (first < 0x80 ? 8 : first < 0xc0 ? 16 : 24)

interface Range {
  readonly first: IpBytes
  readonly last: IpBytes
  /** What it was made of, where it is no merged one. */
  readonly network: IpNetwork | undefined
}

function merge(networks: readonly IpNetwork[]): readonly IpNetwork[] {
  const ranges = networks
    .map((network): Range => {
      const [first, last] = rangeOf(network)
      return { first, last, network }
    })
    .sort((a, b) => compareIps(a.last, b.last) || compareIps(a.first, b.first))
  const merged: Range[] = []
  for (let range = ranges.pop(); range; ) {
    const before = ranges.pop()
    if (before && compareIps(previousIp(range.first), before.last) <= 0) {
      const first = compareIps(before.first, range.first) < 0 ? before.first : range.first
      range = { first, last: range.last, network: undefined }
    } else {
      merged.push(range)
      range = before
    }
  }
  return merged.flatMap(({ first, last, network }) => (network ? [network] : rangeToNetworks(first, last)))
}

/** Go's `IPNet.String`. */
function networkText({ ip, prefix, maskLength }: IpNetwork): string {
  const ipv4 = asIpv4(ip)
  const number = ipv4 ?? ip
  if (!ipv4 && ip.length !== 16) return '<nil>'
  if (maskLength === 4) return ipv4 ? `${ipText(number)}/${prefix}` : '<nil>'
  if (!ipv4) return `${ipText(number)}/${prefix}`
  return `${ipText(number)}/${Math.max(0, prefix - 96)}`
}
