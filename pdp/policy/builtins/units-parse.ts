import { numberOf } from '../value.ts'
import { binaryOf } from './float-decimal.ts'
import type { Builtin } from './builtin.ts'
import { lowerUnit, readAmount } from './read-amount.ts'

/**
 * `units.parse`: an amount such as `10K`, `1.5Mi` or `200m` as a number: an integer where it is one, else ten decimals.
 * `m` is milli and `M` mega; of `k`, `g`, `t`, `p` and `e` both cases mean the same.
 */
export const unitsParse: Builtin = {
  name: 'units.parse',
  call(text) {
    const amount = typeof text === 'string' ? readAmount(text.replaceAll('"', '')) : undefined
    const factor = amount && factors.get(amount.unit.slice(0, 1) + lowerUnit(amount.unit.slice(1)))
    const number = amount && readRatio(amount.number)
    return factor && number && numberOf(ratioText(number[0] * factor[0], number[1] * factor[1]))
  },
}

/** Numerator and denominator, the latter positive. */
type Ratio = readonly [bigint, bigint]

// OPA multiplies by the double that is nearest to a thousandth, so that 1000m is 1.0000000000 and not 1
const milli = binaryOf(0.001)

const factors: ReadonlyMap<string, Ratio> = new Map<string, Ratio>([
  ['', [1n, 1n]],
  ['m', [milli.mantissa, 1n << BigInt(-milli.exponent)]],
  ['M', [1_000_000n, 1n]],
  ...['k', 'm', 'g', 't', 'p', 'e'].flatMap((letter, i): readonly (readonly [string, Ratio])[] => {
    const decimal: Ratio = [1000n ** BigInt(i + 1), 1n]
    const binary: Ratio = [1024n ** BigInt(i + 1), 1n]
    const upper = letter.toUpperCase()
    const both = [`${letter}i`, `${upper}i`].map((unit) => [unit, binary] as const)
    return letter === 'm' ? both : [[letter, decimal], [upper, decimal], ...both]
  }),
])

const largestExponent = 1_000_000 // of Go's big.Rat

function readRatio(text: string): Ratio | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts ?? []
  if (whole + fraction === '') return undefined
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  const exponent = Number(power) - fraction.length
  if (digits === 0n) return [0n, 1n]
  if (Math.abs(exponent) > largestExponent) return undefined
  const scale = 10n ** BigInt(Math.abs(exponent))
  return exponent < 0 ? [digits, scale] : [digits * scale, 1n]
}

const decimals = 10

/** Rounded half away from zero, as Go's `Rat.FloatString`. */
function ratioText(numerator: bigint, denominator: bigint): string {
  if (numerator % denominator === 0n) return String(numerator / denominator)
  const negative = numerator < 0n
  const scaled = (negative ? -numerator : numerator) * 10n ** BigInt(decimals)
  const rounded = (2n * scaled + denominator) / (2n * denominator)
  const digits = String(rounded).padStart(decimals + 1, '0')
  return `${negative ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
