import type { Builtin } from './builtin.ts'
import { localTime, readTimeOperand } from './time-operand.ts'

/** `time.clock`: hour, minute and second of an instant. */
export const timeClock: Builtin = {
  name: 'time.clock',
  call(operand) {
    const time = readTimeOperand(operand)
    if (!time) return undefined
    const { hour, minute, second } = localTime(time)
    return [hour, minute, second]
  },
}
