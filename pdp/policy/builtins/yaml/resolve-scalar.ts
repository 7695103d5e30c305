/** What a plain scalar means to the Go library yaml.v2, which reads YAML 1.1 with some of 1.2. */
export type Scalar =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'flag'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'timestamp' }

const words = new Map<string, Scalar>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map(
    (word) => [word, { kind: 'flag', value: true }] as const,
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(
    (word) => [word, { kind: 'flag', value: false }] as const,
  ),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, { kind: 'null' }] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, { kind: 'float', value: Number.NaN }] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(
    (word) => [word, { kind: 'float', value: Number.POSITIVE_INFINITY }] as const,
  ),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, { kind: 'float', value: Number.NEGATIVE_INFINITY }] as const),
])

const pointed = /^\.\d(?:_?\d)*(?:[eE][-+]?\d(?:_?\d)*)?$/
const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/

export function resolveScalar(text: string): Scalar {
  const word = words.get(text)
  if (word) return word
  const plain = text.replaceAll('_', '')
  if (text.startsWith('.')) return (pointed.test(text) && finite(plain)) || { kind: 'text', value: text }
  if (!/^[-+\d]/.test(text)) return { kind: 'text', value: text }
  if (isTimestamp(text)) return { kind: 'timestamp' }
  const integer = readInteger(plain)
  if (integer !== undefined) return { kind: 'integer', value: integer }
  return (float.test(plain) && finite(plain)) || { kind: 'text', value: text }
}

function finite(text: string): Scalar | undefined {
  const value = Number(text)
  return Number.isFinite(value) ? { kind: 'float', value } : undefined // beyond a float64 it is text
}

/** Go's ParseInt and ParseUint with base 0: a leading zero alone is octal too. */
function readInteger(text: string): bigint | undefined {
  const parts = /^([-+]?)(?:0[xX]([\da-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9]\d*))$/.exec(text)
  if (!parts) return undefined
  const [, sign = '', hex, octal, binary, decimal = ''] = parts
  const digits = hex ? `0x${hex}` : octal ? `0o${octal}` : binary ? `0b${binary}` : decimal
  const value = sign === '-' ? -BigInt(digits) : BigInt(digits)
  const most = sign === '' ? 2n ** 64n : 2n ** 63n // a sign makes it an int64
  return value >= -(2n ** 63n) && value < most ? value : undefined
}

const dated =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)| (\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?)?$/

function isTimestamp(text: string): boolean {
  const parts = dated.exec(text)
  if (!parts) return false
  const number = (i: number): number => Number(parts[i] ?? parts[i + 3] ?? '0')
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false
  return number(4) < 24 && number(5) < 60 && number(6) < 60
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}
