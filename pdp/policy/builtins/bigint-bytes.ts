/** An unsigned big-endian number; no bytes are 0. */
export const bigintOf = (bytes: Buffer): bigint => (bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`))

/** The big-endian bytes of a number that is not negative: `length` of them, or as few as it takes, none for 0. */
export function bytesOf(value: bigint, length?: number): Buffer {
  const digits = value === 0n ? '' : value.toString(16)
  return Buffer.from(
    digits.padStart(length === undefined ? digits.length + (digits.length % 2) : 2 * length, '0'),
    'hex',
  )
}

/** How many binary digits a number that is not negative has. */
export const bitLength = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length)
