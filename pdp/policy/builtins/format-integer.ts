import { goQuote, isPrintable } from './go-quote.ts'
import { type FormatSpec, padSpaces } from './format-spec.ts'

const bases: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }
const prefixes: Readonly<Record<string, string>> = { b: '0b', x: '0x', X: '0X' }
const maximumRune = 0x10ffffn

/** Formats an int64 under a verb; undefined if Go has no such verb for integers. */
export function formatInteger(value: bigint, verb: string, spec: FormatSpec): string | undefined {
  const base = bases[verb]
  if (base !== undefined) return digitsOf(value, verb, base, spec)
  const unsigned = BigInt.asUintN(64, value)
  const character = unsigned > maximumRune ? '\ufffd' : String.fromCodePoint(Number(unsigned)).toWellFormed()
  switch (verb) {
    case 'c':
      return pad0(character, spec)
    case 'q':
      return pad0(goQuote(character, "'", spec.plus), spec)
    case 'U':
      return unicode(unsigned, character, spec)
  }
  return undefined
}

function digitsOf(value: bigint, verb: string, base: number, spec: FormatSpec): string {
  const negative = value < 0n
  const sign = negative ? '-' : spec.plus ? '+' : spec.space ? ' ' : ''
  const { width, precision } = spec
  if (precision === 0 && value === 0n) return ' '.repeat(width ?? 0)
  const toWidth = spec.zero && !spec.minus && width !== undefined ? width - sign.length : 0
  const plain = (negative ? -value : value).toString(base)
  let digits = (verb === 'X' ? plain.toUpperCase() : plain).padStart(precision ?? toWidth, '0')
  if (spec.sharp && base === 8 && !digits.startsWith('0')) digits = `0${digits}`
  if (spec.sharp) digits = (prefixes[verb] ?? '') + digits
  if (verb === 'O') digits = `0o${digits}`
  return padSpaces(sign + digits, spec)
}

function unicode(value: bigint, character: string, spec: FormatSpec): string {
  const digits = value
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, spec.precision ?? 4), '0')
  const shown = spec.sharp && value <= maximumRune && isPrintable(character) ? ` '${character}'` : ''
  return padSpaces(`U+${digits}${shown}`, spec)
}

// %c and %q pad like text, zeros included
const pad0 = (text: string, spec: FormatSpec): string =>
  spec.zero && !spec.minus
    ? '0'.repeat(Math.max(0, (spec.width ?? 0) - Array.from(text).length)) + text
    : padSpaces(text, spec)

/** Formats a `*big.Int`, whose own Format differs from that of the integers in its padding and its verbs. */
export function formatBigInteger(value: bigint, verb: string, spec: FormatSpec): string {
  const base = verb === 's' ? 10 : bases[verb]
  if (base === undefined) return `%!${verb}(big.Int=${value})`
  const sign = value < 0n ? '-' : spec.plus ? '+' : spec.space ? ' ' : ''
  const prefix = verb === 'O' ? '0o' : spec.sharp ? ({ ...prefixes, o: '0' }[verb] ?? '') : ''
  const plain = (value < 0n ? -value : value).toString(base)
  const digits = (verb === 'X' ? plain.toUpperCase() : plain).padStart(spec.precision ?? 0, '0')
  const missing = (spec.width ?? 0) - sign.length - prefix.length - digits.length
  if (missing > 0 && spec.zero && !spec.minus && spec.precision === undefined)
    return sign + prefix + '0'.repeat(missing) + digits
  return padSpaces(sign + prefix + digits, spec)
}
