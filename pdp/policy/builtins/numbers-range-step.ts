import { isNumberValue, numberOf, numberText, type Value } from '../value.ts'
import type { Builtin } from './builtin.ts'

const longest = 1_000_000n
const largestExponent = 1000

/**
 * `numbers.range_step`: the integers from the first to the second, up or down, by a positive step. Undefined for more
 * than a million of them, where OPA goes on until it is cancelled.
 */
export const numbersRangeStep: Builtin = {
  name: 'numbers.range_step',
  call(first, last, by) {
    const [from, to, step] = [integerOf(first), integerOf(last), integerOf(by)]
    if (from === undefined || to === undefined || step === undefined || step <= 0n) return undefined
    const length = (to > from ? to - from : from - to) / step + 1n
    if (length > longest) return undefined
    const toward = to >= from ? step : -step
    return Array.from({ length: Number(length) }, (_, i) => numberOf(String(from + BigInt(i) * toward)))
  },
}

/** An integer in any spelling: `1.0` and `1e2` too. */
function integerOf(value: Value | undefined): bigint | undefined {
  const parts = isNumberValue(value) ? /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(numberText(value)) : undefined
  if (!parts) return undefined
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts
  const exponent = Number(power) - fraction.length
  if (Math.abs(exponent) > largestExponent) return undefined
  const digits = BigInt(`${sign}${whole}${fraction}`)
  if (exponent >= 0) return digits * 10n ** BigInt(exponent)
  const unit = 10n ** BigInt(-exponent)
  return digits % unit === 0n ? digits / unit : undefined
}
