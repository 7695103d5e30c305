import { nanosecondDigits } from '../../core/time.ts'
import { numberOf } from '../value.ts'
import { type Builtin, perDecision } from './builtin.ts'

/** `time.now_ns`: the time of the decision in nanoseconds since the epoch, the same whenever it is asked. */
export const timeNowNs: Builtin = perDecision('time.now_ns', ({ now }) => numberOf(nanosecondDigits(now)))
