import { binaryOf, type Decimal, shortest, toDigits, toPlaces } from './float-decimal.ts'
import { type FormatSpec, pad } from './format-spec.ts'

/** Formats a finite float64 under a verb; undefined if Go has no such verb for floats. */
export function formatFloat(value: number, verb: string, spec: FormatSpec): string | undefined {
  const number = unsigned(value, verb, spec)
  if (number === undefined) return undefined
  const negative = value < 0 || Object.is(value, -0)
  const text = spec.sharp && verb !== 'b' ? restored(number, verb, spec) : number
  const sign = negative ? '-' : spec.plus ? '+' : spec.space ? ' ' : ''
  const missing = (spec.width ?? 0) - sign.length - text.length
  if (sign !== '' && spec.zero && !spec.minus && missing > 0) return sign + '0'.repeat(missing) + text
  return pad(sign + text, spec)
}

function unsigned(value: number, verb: string, { precision }: FormatSpec): string | undefined {
  switch (verb) {
    case 'f':
    case 'F':
      return plain(toPlaces(value, precision ?? 6), precision ?? 6)
    case 'e':
    case 'E':
      return exponential(toDigits(value, (precision ?? 6) + 1), verb)
    case 'v':
    case 'g':
    case 'G':
      return general(value, verb === 'G' ? 'E' : 'e', precision)
    case 'b': {
      const { mantissa, exponent } = binaryOf(value)
      return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`
    }
    case 'x':
    case 'X':
      return hexadecimal(value, verb, precision)
  }
  return undefined
}

function plain({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  const behind = point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits
  return places > 0 ? `${whole}.${behind.padEnd(places, '0').slice(0, places)}` : whole
}

function exponential({ digits, point }: Decimal, letter: string): string {
  const exponent = point - 1
  const written = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  return `${digits[0] ?? '0'}${digits.length > 1 ? `.${digits.slice(1)}` : ''}${letter}${written}`
}

/** %g: the exponent is written where it is below -4 or not below the precision, 6 for the shortest form. */
function general(value: number, letter: 'e' | 'E', precision: number | undefined): string {
  const wanted = precision === 0 ? 1 : precision
  const decimal = trimmed(wanted === undefined ? shortest(value) : toDigits(value, wanted))
  const { digits, point } = decimal
  let limit = wanted ?? 6
  if (wanted !== undefined && limit > digits.length && digits.length >= point) limit = digits.length
  const exponent = point - 1
  if (exponent < -4 || exponent >= limit) return exponential(decimal, letter)
  return plain(decimal, Math.max(0, digits.length - point))
}

const trimmed = ({ digits, point }: Decimal): Decimal => ({ digits: digits.replace(/(?<=.)0+$/, ''), point })

/** %x: one hexadecimal digit before the point, rounded half to even where a precision cuts. */
function hexadecimal(value: number, verb: 'x' | 'X', precision: number | undefined): string {
  let { mantissa, exponent } = binaryOf(value)
  let power = mantissa === 0n ? 0 : exponent + 52
  for (; mantissa !== 0n && mantissa >> 52n === 0n; power--) mantissa <<= 1n // subnormal
  if (precision !== undefined && precision < 13) {
    const drop = BigInt(4 * (13 - precision))
    const half = 1n << (drop - 1n)
    const rest = mantissa & ((1n << drop) - 1n)
    mantissa >>= drop
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++
    mantissa <<= drop
    if (mantissa >> 53n === 1n) {
      mantissa >>= 1n
      power++
    }
  }
  const fraction = (mantissa & ((1n << 52n) - 1n)).toString(16).padStart(13, '0')
  const shown =
    precision === undefined ? fraction.replace(/0+$/, '') : fraction.padEnd(precision, '0').slice(0, precision)
  const written = `${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  const text = `0x${mantissa === 0n ? 0 : 1}${shown === '' ? '' : `.${shown}`}p${written}`
  return verb === 'X' ? text.toUpperCase() : text
}

/** The `#` flag: a point always, and for %g the zeros that were taken off. */
function restored(number: string, verb: string, { precision }: FormatSpec): string {
  const hexadecimalVerb = verb === 'x' || verb === 'X'
  const tailAt = number.search(hexadecimalVerb ? /[pP]/ : /[eE]/)
  const head = tailAt < 0 ? number : number.slice(0, tailAt)
  const tail = tailAt < 0 ? '' : number.slice(tailAt)
  let digits = ['v', 'g', 'G', 'x'].includes(verb) ? (precision ?? 6) : 0
  let significant = false
  for (const character of head) {
    if (character === '.') continue
    if (character !== '0') significant = true
    if (significant) digits--
  }
  if (!head.includes('.') && head === '0') digits--
  return `${head}${head.includes('.') ? '' : '.'}${'0'.repeat(Math.max(0, digits))}${tail}`
}
