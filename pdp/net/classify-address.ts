import { BlockList, isIP } from 'node:net'

/**
 * What an IP address may be used for.
 *
 * - `public`: globally reachable unicast.
 * - `private`: RFC 1918, RFC 6598, ULA: reachable only by an origin that the configuration lists.
 * - `loopback`: likewise.
 * - `forbidden`: never connected to: link-local and cloud metadata, unspecified, multicast, reserved, documentation,
 *   and every form that wraps an IPv4 address (mapped, NAT64, 6to4, Teredo), since it may wrap a private one.
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'forbidden'

type Subnet = readonly [network: string, prefix: number]

const listOf = (subnets: readonly Subnet[]): BlockList => {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, isIP(network) === 4 ? 'ipv4' : 'ipv6')
  return list
}

// The IANA registries of special-purpose addresses (RFC 6890, as updated), and addresses that clouds answer at.
const loopback4 = listOf([['127.0.0.0', 8]])
const private4 = listOf([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
])
const forbidden4 = listOf([
  ['0.0.0.0', 8],
  ['100.100.100.200', 32], // metadata of Alibaba Cloud
  ['168.63.129.16', 32], // the host agent of Azure
  ['169.254.0.0', 16],
  ['192.0.0.0', 24], // holds the metadata address of Oracle Cloud
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
])
const loopback6 = listOf([['::1', 128]])
const private6 = listOf([['fc00::', 7]])
const global6 = listOf([['2000::', 3]])
const forbidden6 = listOf([
  ['2001::', 23], // IETF protocol assignments, Teredo among them
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4
  ['3fff::', 20],
  ['fd00:ec2::254', 128], // metadata of AWS
  ['fd20:ce::254', 128], // metadata of Google Cloud
])

/** Sorts an address, as text, by what may be reached at it. Text that is no address, or has a zone, is `forbidden`. */
export function classifyAddress(address: string): AddressKind {
  if (address.includes('%')) return 'forbidden' // a zone index exists for link-local addresses alone
  switch (isIP(address)) {
    case 4:
      if (forbidden4.check(address, 'ipv4')) return 'forbidden'
      if (loopback4.check(address, 'ipv4')) return 'loopback'
      return private4.check(address, 'ipv4') ? 'private' : 'public'
    case 6:
      if (forbidden6.check(address, 'ipv6')) return 'forbidden'
      if (loopback6.check(address, 'ipv6')) return 'loopback'
      if (private6.check(address, 'ipv6')) return 'private'
      return global6.check(address, 'ipv6') ? 'public' : 'forbidden'
    default:
      return 'forbidden'
  }
}
