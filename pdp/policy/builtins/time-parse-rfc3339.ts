import { numberOf } from '../value.ts'
import type { Builtin } from './builtin.ts'

const minimumNs = -(2n ** 63n)
const maximumNs = 2n ** 63n - 1n

/**
 * `time.parse_rfc3339_ns`: nanoseconds since the epoch, or undefined where Go's `time.Parse(time.RFC3339, …)` fails or
 * an int64 cannot hold the result.
 */
export const timeParseRfc3339Ns: Builtin = {
  name: 'time.parse_rfc3339_ns',
  call(text) {
    const ns = typeof text === 'string' ? parseRfc3339(text) : undefined
    return ns === undefined || ns < minimumNs || ns > maximumNs ? undefined : numberOf(String(ns))
  },
}

// What Go takes beyond RFC 3339: an hour of one digit, a comma before the fraction, offsets up to 24:60.
const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

function parseRfc3339(text: string): bigint | undefined {
  const parts = pattern.exec(text)
  if (!parts) return undefined
  const number = (i: number): number => Number(parts[i] ?? '0')
  const [year, month, day] = [number(1), number(2), number(3)]
  const [hour, minute, second] = [number(4), number(5), number(6)]
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59 || number(9) > 24 || number(10) > 60) return undefined
  const local = new Date(0)
  local.setUTCFullYear(year, month - 1, day) // Date.UTC would take the years 0 to 99 for 1900 to 1999
  local.setUTCHours(hour, minute, second)
  const offset = (number(9) * 60 + number(10)) * 60_000 * (parts[8] === '-' ? -1 : 1)
  const fraction = (parts[7] ?? '').slice(0, 9).padEnd(9, '0') // Go cuts, it does not round
  return BigInt(local.getTime() - offset) * 1_000_000n + BigInt(fraction)
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}
