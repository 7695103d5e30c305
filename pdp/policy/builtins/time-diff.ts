import type { Builtin } from './builtin.ts'
import { daysIn } from './time-calendar.ts'
import { localTime, readTimeOperand } from './time-operand.ts'

/**
 * `time.diff`: years, months, days, hours, minutes and seconds between two instants, never negative, by the calendar
 * and the clock of the first one's zone.
 */
export const timeDiff: Builtin = {
  name: 'time.diff',
  call(first, second) {
    const [a, b] = [readTimeOperand(first), readTimeOperand(second)]
    if (!a || !b) return undefined
    const zoned = { ...b, zone: a.zone }
    const swapped = a.second > b.second || (a.second === b.second && a.nano > b.nano)
    const [from, to] = [localTime(swapped ? zoned : a), localTime(swapped ? a : zoned)]
    // from seconds up: what would be negative borrows from the next
    const [seconds, minute] = borrow(to.second - from.second, 60)
    const [minutes, hour] = borrow(to.minute - from.minute - minute, 60)
    const [hours, day] = borrow(to.hour - from.hour - hour, 24)
    const { year, month } = from.date
    const [days, borrowed] = borrow(to.date.day - from.date.day - day, daysIn(year, month))
    const [months, ofYear] = borrow(to.date.month - month - borrowed, 12)
    return [to.date.year - year - ofYear, months, days, hours, minutes, seconds]
  },
}

const borrow = (value: number, size: number): readonly [number, number] => (value < 0 ? [value + size, 1] : [value, 0])
