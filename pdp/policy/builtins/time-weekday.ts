import type { Builtin } from './builtin.ts'
import { weekdayOf } from './time-calendar.ts'
import { weekdayNames } from './time-layout.ts'
import { localTime, readTimeOperand } from './time-operand.ts'

/** `time.weekday`: the English name of the day of an instant. */
export const timeWeekday: Builtin = {
  name: 'time.weekday',
  call(operand) {
    const time = readTimeOperand(operand)
    return time && weekdayNames[weekdayOf(localTime(time).days)]
  },
}
