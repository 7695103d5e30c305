import { numberOf } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { layoutNamed } from './time-layout.ts'
import { nanoseconds } from './time-operand.ts'
import { parseInLayout } from './time-parse-layout.ts'

/** `time.parse_ns`: nanoseconds since the epoch of a text in a layout of Go, or in one of its constants by name. */
export const timeParseNs: Builtin = {
  name: 'time.parse_ns',
  call(layout, text) {
    if (typeof layout !== 'string' || typeof text !== 'string') return undefined
    const time = parseInLayout(bytesOf(layoutNamed(layout)), bytesOf(text))
    const ns = time && nanoseconds(time.second, time.nano)
    return ns === undefined ? undefined : numberOf(String(ns))
  },
}

/** Each byte of the UTF-8 as a character: Go counts in bytes. */
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')
