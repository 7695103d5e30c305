import { numberOf } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { shortest } from './float-decimal.ts'

/** `time.parse_duration_ns`: nanoseconds of a duration of Go, as `1h30m`, with `d`, `w` and `y` (365 days) beside. */
export const timeParseDurationNs: Builtin = {
  name: 'time.parse_duration_ns',
  call(text) {
    if (typeof text !== 'string') return undefined
    const plain = /[dwy]/.test(text) ? inHours(text) : text
    const ns = plain === undefined ? undefined : parseDuration(plain)
    return ns === undefined ? undefined : numberOf(String(ns))
  },
}

const hoursOf: ReadonlyMap<string, number> = new Map([
  ['d', 24],
  ['w', 168],
  ['y', 8760],
])

/** Days, weeks and years as hours, reckoned in doubles as OPA does; other units stay. */
function inHours(text: string): string | undefined {
  if (!/^[+-]?(?:[\d.]+(?:ms|us|µs|ns|[a-z]))+$/.test(text)) return undefined
  let plain = text.replace(/^([+-]?)[^]*/, '$1')
  for (const [, digits = '', unit = ''] of text.matchAll(/([\d.]+)(ms|us|µs|ns|[a-z])/g)) {
    const hours = hoursOf.get(unit)
    if (hours === undefined) {
      plain += digits + unit
      continue
    }
    if (!/^(?:\d+\.?\d*|\.\d+)$/.test(digits)) return undefined
    const value = Number(digits) * hours
    if (!Number.isFinite(value)) return undefined
    plain += `${decimalText(value)}h`
  }
  return plain
}

/** The shortest digits without an exponent. */
function decimalText(value: number): string {
  const { digits, point } = shortest(value)
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  return digits.length <= point ? digits.padEnd(point, '0') : `${digits.slice(0, point)}.${digits.slice(point)}`
}

const units: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1000n],
  ['\u00b5s', 1000n],
  ['\u03bcs', 1000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])

const limit = 2n ** 63n

/** Go's `time.ParseDuration`. */
function parseDuration(text: string): bigint | undefined {
  const [, sign = '', unsigned = ''] = /^([+-]?)([^]*)$/.exec(text) ?? []
  if (unsigned === '0') return 0n
  if (!/^(?:(?:\d+\.?\d*|\.\d+)[^\d.]+)+$/.test(unsigned)) return undefined
  let total = 0n
  for (const [, whole = '', fraction = '', name = ''] of unsigned.matchAll(/(\d*)\.?(\d*)([^\d.]+)/g)) {
    const unit = units.get(name)
    if (unit === undefined) return undefined
    const ns = BigInt(whole) * unit + fractionOf(fraction, unit)
    if (BigInt(whole) > limit / unit || ns > limit) return undefined
    total = BigInt.asUintN(64, total + ns) // Go does not notice that twice 2^63 is nothing
    if (total > limit) return undefined
  }
  if (sign === '-') return -total
  return total < limit ? total : undefined
}

/** In doubles, as Go reckons it: at most nineteen digits count. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit)
    if (value > (limit - 1n) / 10n || next > limit) break
    value = next
    scale *= 10
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}
