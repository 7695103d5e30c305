import { numberOf } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { intOperand } from './int-operand.ts'
import { localTime, nanoseconds, readTimeOperand } from './time-operand.ts'
import { instantOf } from './time-zone.ts'

/**
 * `time.add_date`: an instant with years, months and days added to its date, in nanoseconds since the epoch. October 31
 * and a month is December 1, as in Go; the clock of the zone stays. What Go's 64 bits overflow to is kept too.
 */
export const timeAddDate: Builtin = {
  name: 'time.add_date',
  call(operand, addedYears, addedMonths, addedDays) {
    const time = readTimeOperand(operand)
    const [years, months, days] = [intOperand(addedYears), intOperand(addedMonths), intOperand(addedDays)]
    if (!time || years === undefined || months === undefined || days === undefined) return undefined
    const { date, hour, minute, second } = localTime(time)
    const inDay = (hour * 60 + minute) * 60 + second
    const local = unixOf(BigInt(date.year) + years, BigInt(date.month) + months, BigInt(date.day) + days, inDay)
    if (local < -farthest || local > farthest) return undefined
    const ns = nanoseconds(instantOf(time.zone, Number(local)), time.nano)
    return ns === undefined ? undefined : numberOf(String(ns))
  },
}

const farthest = 100_000_000_000n // seconds: more than nanoseconds of 64 bits reach, whatever the zone

const int64 = (value: bigint): bigint => BigInt.asIntN(64, value)
const uint64 = (value: bigint): bigint => BigInt.asUintN(64, value)

const absoluteYears = 292_277_022_400n
const absoluteToUnix = -((absoluteYears * 3_652_425n) / 10_000n + 306n) * 86_400n - 62_135_596_800n

/** Go's `time.Date` in UTC up to seconds since the epoch, each step in its 64 bits. */
function unixOf(addedYear: bigint, addedMonth: bigint, addedDay: bigint, inDay: number): bigint {
  const [year, monthIndex] = normalized(int64(addedYear), int64(int64(addedMonth) - 1n))
  const month = monthIndex + 1n
  const janFeb = month < 3n ? 1n : 0n
  const y = uint64(year - janFeb + absoluteYears)
  const inYear = ((y % 100n) * 1461n) / 4n + (((month + 12n * janFeb) * 979n - 2919n) >> 5n)
  const days = uint64(uint64(146_097n * (y / 100n)) / 4n + uint64(inYear + int64(addedDay) - 1n))
  return int64(days * 86_400n + BigInt(inDay) + absoluteToUnix)
}

/** Years and months from 0 to 11. */
function normalized(years: bigint, months: bigint): readonly [bigint, bigint] {
  const below = months < 0n ? int64(int64(-months) - 1n) / 12n + 1n : 0n
  const lifted = int64(months + below * 12n)
  const above = lifted >= 12n ? lifted / 12n : 0n
  return [int64(years - below + above), lifted - above * 12n]
}
