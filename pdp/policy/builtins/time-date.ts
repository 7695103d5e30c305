import type { Builtin } from './builtin.ts'
import { localTime, readTimeOperand } from './time-operand.ts'

/** `time.date`: year, month and day of an instant. */
export const timeDate: Builtin = {
  name: 'time.date',
  call(operand) {
    const time = readTimeOperand(operand)
    if (!time) return undefined
    const { year, month, day } = localTime(time).date
    return [year, month, day]
  },
}
