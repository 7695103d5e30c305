/** The bytes of an IP address, 4 or 16. */
export type IpBytes = readonly number[]

/** Reads an address as Go's `netip.ParseAddr` does, which knows no leading zeros in IPv4; zones are refused. */
export function readIp(text: string): IpBytes | undefined {
  if (text.includes('%')) return undefined
  return text.includes(':') ? readIpv6(text) : readIpv4(text)
}

function readIpv4(text: string): IpBytes | undefined {
  const fields = text.split('.')
  if (fields.length !== 4 || !fields.every((field) => /^(?:0|[1-9]\d{0,2})$/.test(field))) return undefined
  const bytes = fields.map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

function readIpv6(text: string): IpBytes | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half, i) => readGroups(half, i === halves.length - 1))
  if (!head || (halves.length === 2 && !tail)) return undefined
  if (!tail) return head.length === 16 ? head : undefined
  const zeros = 16 - head.length - tail.length // at least one group, else `::` would stand for nothing
  return zeros >= 2 ? [...head, ...Array.from({ length: zeros }, () => 0), ...tail] : undefined
}

/** Groups of four digits; the last may be an IPv4 address where the text ends. */
function readGroups(text: string, last: boolean): IpBytes | undefined {
  if (text === '') return []
  const groups = text.split(':')
  const bytes: number[] = []
  for (const [i, group] of groups.entries()) {
    const read = last && i === groups.length - 1 && group.includes('.') ? readIpv4(group) : readGroup(group)
    if (!read) return undefined
    bytes.push(...read)
  }
  return bytes
}

function readGroup(group: string): IpBytes | undefined {
  if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined
  const value = Number.parseInt(group, 16)
  return [value >> 8, value & 0xff]
}

/** The last four bytes of an IPv4 address or of one that is mapped into IPv6 (`::ffff:0:0/96`), else undefined. */
export function asIpv4(bytes: IpBytes): IpBytes | undefined {
  if (bytes.length === 4) return bytes
  const mapped = bytes.length === 16 && bytes.slice(0, 12).every((byte, i) => byte === (i < 10 ? 0 : 0xff))
  return mapped ? bytes.slice(12) : undefined
}

/** As Go's `net.IP` prints it: a mapped address as IPv4, IPv6 by RFC 5952, and other lengths in hexadecimal. */
export function ipText(bytes: IpBytes): string {
  const ipv4 = asIpv4(bytes)
  if (ipv4) return ipv4.join('.')
  if (bytes.length !== 16) return `?${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  )
  const zeros = longestZeros(groups)
  if (!zeros) return groups.join(':')
  return `${groups.slice(0, zeros.start).join(':')}::${groups.slice(zeros.start + zeros.length).join(':')}`
}

/** The first of the longest runs of at least two zero groups. */
function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } | undefined {
  let best: { readonly start: number; readonly length: number } | undefined
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === '0') length++
    if (length >= 2 && length > (best?.length ?? 0)) best = { start, length }
  }
  return best
}
