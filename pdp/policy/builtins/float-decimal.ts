/** A positive decimal: its digits without leading zeros, and `point` of them (or fewer than none) before the point. */
export interface Decimal {
  readonly digits: string
  readonly point: number
}

const view = new DataView(new ArrayBuffer(8))

/** A finite double taken apart: `mantissa` × 2^`exponent`, sign aside. */
export function binaryOf(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  view.setFloat64(0, Math.abs(value))
  const bits = view.getBigUint64(0)
  const biased = Number(bits >> 52n)
  const fraction = bits & 0xf_ffff_ffff_ffffn
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 }
}

/** The shortest digits that read back as this double, which JavaScript and Go choose alike. */
export function shortest(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  return digits === '0' ? { digits, point: 1 } : { digits, point: Number(exponent) + 1 }
}

/** `places` digits behind the point, rounded half to even on the exact value; JavaScript rounds half up. */
export function toPlaces(value: number, places: number): Decimal {
  const digits = String(scaled(value, places))
  return { digits, point: digits.length - places }
}

/** `count` significant digits, rounded likewise. */
export function toDigits(value: number, count: number): Decimal {
  if (value === 0) return { digits: '0'.repeat(count), point: 1 }
  const { point } = shortest(value)
  const digits = String(scaled(value, count - point))
  return { digits: digits.slice(0, count), point: point + digits.length - count } // 9.99 may have become 10.0
}

/** |value| × 10^places as the nearest integer, half to even. */
function scaled(value: number, places: number): bigint {
  const { mantissa, exponent } = binaryOf(value)
  const up = mantissa * (places > 0 ? 10n ** BigInt(places) : 1n) * (exponent > 0 ? 1n << BigInt(exponent) : 1n)
  const down = (places < 0 ? 10n ** BigInt(-places) : 1n) * (exponent < 0 ? 1n << BigInt(-exponent) : 1n)
  const whole = up / down
  const rest = 2n * (up % down)
  return rest > down || (rest === down && (whole & 1n) === 1n) ? whole + 1n : whole
}
