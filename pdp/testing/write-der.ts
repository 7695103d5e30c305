/** One DER element: its identifier octet and what is in it. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const digits = body.length.toString(16)
  const octets = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  const length = body.length < 128 ? Buffer.from([body.length]) : Buffer.from([0x80 | octets.length, ...octets])
  return Buffer.concat([Buffer.from([tag]), length, body])
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
export const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts)
export const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value, 'latin1'))
export const boolean = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 0xff : 0]))
export const octets = (...parts: readonly Uint8Array[]): Buffer => der(0x04, ...parts)
export const bits = (bytes: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), bytes)

export function integer(value: bigint | number, tag = 0x02): Buffer {
  const number = BigInt(value)
  let size = 1
  while (BigInt.asIntN(8 * size, number) !== number) size++
  return der(
    tag,
    Buffer.from(
      BigInt.asUintN(8 * size, number)
        .toString(16)
        .padStart(2 * size, '0'),
      'hex',
    ),
  )
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const octetsOf = (value: number): number[] =>
    value < 128 ? [value] : [...octetsOf(Math.floor(value / 128)).map((byte) => byte | 0x80), value % 128]
  return der(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(octetsOf)))
}

/** UTCTime through 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5). */
export function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return digits < '2050' ? text(0x17, digits.slice(2)) : text(0x18, digits)
}
