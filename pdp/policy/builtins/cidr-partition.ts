import { compareIps, type IpNetwork, nextIp, previousIp, rangeOf } from './cidr-range.ts'
import { asIpv4, type IpBytes } from './ip-address.ts'

/**
 * The networks that together cover all from the first to the last address, as Cilium's `RangeToCIDRs`, which OPA's
 * `net.cidr_merge` uses. Throws where that one does.
 */
export function rangeToNetworks(first: IpBytes, last: IpBytes): readonly IpNetwork[] {
  let spanning = spanningNetwork(first, last)
  const [spanFirst, spanLast] = rangeOf(spanning)
  const networks: IpNetwork[] = []
  if (compareIps(spanFirst, first) < 0) {
    const [head, ...rest] = partition(spanning, single(previousIp(first))).right
    if (!head) throw new RangeError('nothing to the right')
    spanning = head
    networks.push(...rest)
  }
  if (compareIps(spanLast, last) > 0) return [...networks, ...partition(spanning, single(nextIp(last))).left]
  return [...networks, spanning]
}

const single = (ip: IpBytes): IpNetwork => (asIpv4(ip) ? network(ip, 32, 4) : network(ip, 128, 16))

const network = (ip: IpBytes, prefix: number, maskLength: number): IpNetwork => ({ ip, prefix, maskLength })

/** The smallest network that holds both. */
function spanningNetwork(lowest: IpBytes, highest: IpBytes): IpNetwork {
  const isIpv4 = asIpv4(lowest) !== undefined
  const bits = isIpv4 ? 32 : 128
  let prefix = bits
  const low = integerOf(lowest)
  let high = integerOf(highest)
  for (; prefix > 0 && low < high; prefix--) high &= -(1n << BigInt(bits - prefix + 1))
  const bytes = [...zeros(isIpv4 ? 10 : 0), ...bytesOf(high)]
  return network(bytes.length > 0 ? bytes : zeros(bits / 8), prefix, bits / 8)
}

interface Partition {
  readonly left: readonly IpNetwork[]
  readonly right: readonly IpNetwork[]
}

/** The target without the excluded network: what lies before it, and what lies behind. */
function partition(target: IpNetwork, excluded: IpNetwork): Partition {
  const isIpv4 = asIpv4(target.ip) !== undefined
  const [targetFirst, targetLast] = rangeOf(target)
  const [excludedFirst, excludedLast] = rangeOf(excluded)
  if (compareIps(excludedLast, targetFirst) < 0) return { left: [], right: [target] }
  if (compareIps(targetLast, excludedFirst) < 0) return { left: [target], right: [] }
  if (target.prefix >= excluded.prefix) return { left: [], right: [] }
  const bits = isIpv4 ? 32 : 128
  const left: IpNetwork[] = []
  const right: IpNetwork[] = []
  let lower = integerOf(targetFirst)
  for (let prefix = target.prefix + 1; prefix <= Math.min(excluded.prefix, bits); prefix++) {
    const upper = lower + (1n << BigInt(bits - prefix))
    const [lowerBytes, upperBytes] = [padded(lower, isIpv4), padded(upper, isIpv4)]
    if (compareIps(excludedFirst, upperBytes) >= 0) {
      left.push(network(lowerBytes, prefix, bits / 8))
      lower = upper
    } else {
      right.push(network(upperBytes, prefix, bits / 8))
    }
  }
  return { left, right }
}

function padded(value: bigint, isIpv4: boolean): IpBytes {
  const bytes = bytesOf(value)
  if (isIpv4) return [...zeros(10), ...bytes]
  if (bytes.length > 16) throw new RangeError('no address')
  return [...zeros(16 - bytes.length), ...bytes]
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0)

const integerOf = (bytes: IpBytes): bigint => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)

/** Without leading zeros. */
function bytesOf(value: bigint): IpBytes {
  const bytes: number[] = []
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn))
  return bytes
}
