const INTEGER = 0x02
const SEQUENCE = 0x30
const LONG_FORM_1 = 0x81

/**
 * An ECDSA signature r || s (RFC 7518 §3.4) as DER (RFC 3279 §2.2.3), or undefined if its length is wrong or r or s is
 * not in 1 … order − 1. `order` is big-endian and as long as either half.
 */
export function derOfEcdsa(signature: Buffer, order: Buffer): Buffer | undefined {
  const size = order.length
  if (signature.length !== 2 * size) return undefined
  const r = integer(signature.subarray(0, size), order)
  const s = integer(signature.subarray(size), order)
  if (!r || !s) return undefined
  const length = derLength(r) + derLength(s)
  const der = Buffer.allocUnsafe((length < 0x80 ? 2 : 3) + length)
  let at = 0
  der[at++] = SEQUENCE
  if (length >= 0x80) der[at++] = LONG_FORM_1 // P-521 only; its parts are below 0x80 bytes each
  der[at++] = length
  at = write(der, at, r)
  write(der, at, s)
  return der
}

/** The value without leading zeros, or undefined if it is zero or not below the order. */
function integer(bytes: Buffer, order: Buffer): Buffer | undefined {
  let first = 0
  while (bytes[first] === 0) first++
  return first < bytes.length && order.compare(bytes) > 0 ? bytes.subarray(first) : undefined
}

// DER integers are signed: a set top bit needs a zero before it (X.690 §8.3)
const isHigh = (value: Buffer): boolean => value.readUInt8(0) >= 0x80
const derLength = (value: Buffer): number => 2 + value.length + (isHigh(value) ? 1 : 0)

function write(der: Buffer, start: number, value: Buffer): number {
  let at = start
  der[at++] = INTEGER
  der[at++] = derLength(value) - 2
  if (isHigh(value)) der[at++] = 0
  der.set(value, at)
  return at + value.length
}
