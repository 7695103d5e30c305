const maximumOctets = 4096

/** The text of an OID whose octets nobody has checked, as Go prints it: leading zeros do not show, a cut-off end is left out. */
export function looseOidText(bytes: Buffer): string {
  if (bytes.length > maximumOctets) throw new Error('OID too long')
  const components: bigint[] = []
  let value = 0n
  for (const byte of bytes) {
    value = (value << 7n) | BigInt(byte & 0x7f)
    if (byte >= 0x80) continue
    components.push(value)
    value = 0n
  }
  const [head, ...rest] = components
  if (head === undefined) return ''
  const root = head < 80n ? head / 40n : 2n
  return [root, head - 40n * root, ...rest].join('.')
}
