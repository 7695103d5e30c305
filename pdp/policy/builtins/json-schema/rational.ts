import { formatFloat } from '../format-float.ts'
import { isJsonNumber, type Tree } from './tree.ts'
import { bareSpec } from '../format-spec.ts'

/** An exact number: numerator over a positive denominator, and its text. */
export interface Rational {
  readonly over: bigint
  readonly under: bigint
  readonly text: string
}

const largestExponent = 5000

/** The number of a JSON document; undefined for what is none. Throws on an exponent too large to write out. */
export function rationalOf(tree: Tree | undefined): Rational | undefined {
  const parts = isJsonNumber(tree) ? /^(-?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(tree.text) : undefined
  if (!parts) return undefined
  const [text = '', whole = '', fraction = '', power = '0'] = parts
  const exponent = Number(power) - fraction.length
  if (Math.abs(exponent) > largestExponent) throw new RangeError('an exponent too large')
  const digits = BigInt(whole + fraction)
  return exponent >= 0
    ? { over: digits * 10n ** BigInt(exponent), under: 1n, text }
    : { over: digits, under: 10n ** BigInt(-exponent), text }
}

export const isInteger = ({ over, under }: Rational): boolean => over % under === 0n

export function compareRationals(a: Rational, b: Rational): number {
  const [left, right] = [a.over * b.under, b.over * a.under]
  return left < right ? -1 : left > right ? 1 : 0
}

export const isMultipleOf = (number: Rational, unit: Rational): boolean =>
  (number.over * unit.under) % (number.under * unit.over) === 0n

/** As Go prints the `*big.Float` of it. */
export const shownRational = ({ text }: Rational): string => formatFloat(Number(text), 'g', bareSpec) ?? text
