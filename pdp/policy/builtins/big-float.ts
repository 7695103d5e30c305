/** A binary number: `mantissa` × 2^`exponent`, the sign with the mantissa. */
export interface BigFloat {
  readonly mantissa: bigint
  readonly exponent: number
}

const precision = 64

/**
 * The decimal text as Go's `big.Float` reads it where nobody sets a precision: 64 bits, which is exact for every
 * integer below 2^64. Undefined for what is no decimal, and for exponents beyond nine digits.
 */
export function readBigFloat(text: string): BigFloat | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/.exec(text)
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts ?? []
  if (whole + fraction === '') return undefined
  const digits = BigInt(whole + fraction)
  if (digits === 0n) return { mantissa: 0n, exponent: 0 }
  const exponent = Number(power) - fraction.length
  const float = scale(digits, exponent)
  return sign === '-' ? { ...float, mantissa: -float.mantissa } : float
}

/** The product, rounded to 64 bits. */
export function multiply(a: BigFloat, factor: bigint): BigFloat {
  const product = a.mantissa * factor
  const rounded = round(product < 0n ? -product : product, a.exponent, precision)
  return product < 0n ? { ...rounded, mantissa: -rounded.mantissa } : rounded
}

/** The integer part, towards zero. */
export const truncate = ({ mantissa, exponent }: BigFloat): bigint =>
  exponent >= 0 ? mantissa << BigInt(exponent) : mantissa / (1n << BigInt(-exponent))

/** The integer it is, or undefined where it has a fraction or needs more than 64 bits. */
export function integerOf(float: BigFloat): bigint | undefined {
  if (float.exponent > precision) return undefined
  if (float.exponent < -precision) return float.mantissa === 0n ? 0n : undefined
  const whole = truncate(float)
  return float.exponent >= 0 || whole << BigInt(-float.exponent) === float.mantissa ? whole : undefined
}

/** `digits` × 10^`exponent`; Go takes the power of five in 128 bits, so the last bit is not always the nearest. */
function scale(digits: bigint, exponent: number): BigFloat {
  if (exponent === 0) return round(digits, 0, precision)
  const five = powerOfFive(Math.abs(exponent))
  if (exponent > 0) return round(digits * five.mantissa, exponent + five.exponent, precision)
  // enough bits that the quotient has more than 64; a remainder decides the rounding of a tie
  const shift = Math.max(0, bitLength(five.mantissa) + precision + 2 - bitLength(digits))
  const shifted = digits << BigInt(shift)
  const quotient = ((shifted / five.mantissa) << 1n) | (shifted % five.mantissa === 0n ? 0n : 1n)
  return round(quotient, exponent - five.exponent - shift - 1, precision)
}

const largestExact = 27

/** 5^n in the steps of Go's `big.Float.pow5`: a product of 128 bits, squares of 192. */
function powerOfFive(n: number): BigFloat {
  if (n <= largestExact) return { mantissa: 5n ** BigInt(n), exponent: 0 }
  let power: BigFloat = { mantissa: 5n ** BigInt(largestExact), exponent: 0 }
  let square: BigFloat = { mantissa: 5n, exponent: 0 }
  for (let left = n - largestExact; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = product(power, square, 2 * precision)
    square = product(square, square, 3 * precision)
  }
  return power
}

const product = (a: BigFloat, b: BigFloat, bits: number): BigFloat =>
  round(a.mantissa * b.mantissa, a.exponent + b.exponent, bits)

/** Half to even. */
function round(mantissa: bigint, exponent: number, bits: number): BigFloat {
  const excess = bitLength(mantissa) - bits
  if (excess <= 0) return { mantissa, exponent }
  const drop = BigInt(excess)
  const kept = mantissa >> drop
  const rest = mantissa - (kept << drop)
  const half = 1n << (drop - 1n)
  const up = rest > half || (rest === half && (kept & 1n) === 1n)
  return { mantissa: up ? kept + 1n : kept, exponent: exponent + excess }
}

const bitLength = (value: bigint): number => {
  const hex = value.toString(16)
  return hex.length * 4 - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28
}
