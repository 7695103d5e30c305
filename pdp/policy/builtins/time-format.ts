import type { Builtin } from './builtin.ts'
import { dayOfYear, weekdayOf } from './time-calendar.ts'
import { layoutNamed, type LayoutChunk, monthNames, readLayout, weekdayNames } from './time-layout.ts'
import { type LocalTime, localTime, readTimeOperand } from './time-operand.ts'

/** `time.format`: an instant as text in a layout of Go, its zone and RFC 3339 with nanoseconds where none is given. */
export const timeFormat: Builtin = {
  name: 'time.format',
  call(operand) {
    const time = readTimeOperand(operand)
    if (!time) return undefined
    const local = localTime(time)
    const chunks = readLayout(layoutNamed(time.layout || 'RFC3339Nano'))
    return chunks.map((chunk) => chunk.prefix + elementText(chunk, local, time.nano)).join('')
  },
}

function elementText(chunk: LayoutChunk, local: LocalTime, nano: number): string {
  if (chunk.element.startsWith('.')) return fractionText(chunk, nano)
  if (/^[Z-]/.test(chunk.element)) return offsetText(chunk.element, local.offset)
  return (writers.get(chunk.element) ?? nothing)(local)
}

const nothing = (): string => ''

const padded = (number: number, width: number, fill = '0'): string => String(number).padStart(width, fill)

const hour12 = ({ hour }: LocalTime): number => (hour % 12 === 0 ? 12 : hour % 12)

const monthName = ({ date }: LocalTime): string => monthNames[date.month - 1] ?? ''

const weekdayName = ({ days }: LocalTime): string => weekdayNames[weekdayOf(days)] ?? ''

const writers: ReadonlyMap<string, (local: LocalTime) => string> = new Map([
  ['2006', ({ date }) => padded(date.year, 4)],
  ['06', ({ date }) => padded(date.year % 100, 2)],
  ['January', monthName],
  ['Jan', (local) => monthName(local).slice(0, 3)],
  ['1', ({ date }) => String(date.month)],
  ['01', ({ date }) => padded(date.month, 2)],
  ['Monday', weekdayName],
  ['Mon', (local) => weekdayName(local).slice(0, 3)],
  ['2', ({ date }) => String(date.day)],
  ['_2', ({ date }) => padded(date.day, 2, ' ')],
  ['02', ({ date }) => padded(date.day, 2)],
  ['__2', ({ date }) => padded(dayOfYear(date), 3, ' ')],
  ['002', ({ date }) => padded(dayOfYear(date), 3)],
  ['15', ({ hour }) => padded(hour, 2)],
  ['3', (local) => String(hour12(local))],
  ['03', (local) => padded(hour12(local), 2)],
  ['4', ({ minute }) => String(minute)],
  ['04', ({ minute }) => padded(minute, 2)],
  ['5', ({ second }) => String(second)],
  ['05', ({ second }) => padded(second, 2)],
  ['PM', ({ hour }) => (hour >= 12 ? 'PM' : 'AM')],
  ['pm', ({ hour }) => (hour >= 12 ? 'pm' : 'am')],
  ['MST', ({ zoneName }) => zoneName],
])

/** `.000` cuts, `.999` drops zeros at the end too, and the point if nothing is left. */
function fractionText({ element, digits, separator }: LayoutChunk, nano: number): string {
  const text = padded(nano, 9).slice(0, digits)
  const shown = element === '.9' ? text.replace(/0+$/, '') : text
  return shown === '' ? '' : separator + shown
}

function offsetText(element: string, offset: number): string {
  if (element.startsWith('Z') && offset === 0) return 'Z'
  const seconds = Math.abs(offset)
  const minutes = Math.floor(seconds / 60)
  const west = offset <= -60
  const colon = element.includes(':') ? ':' : ''
  const parts = [padded(Math.floor(minutes / 60), 2)]
  if (!/^.07$/.test(element)) parts.push(padded(minutes % 60, 2))
  if (/07:?00:?00$/.test(element)) parts.push((offset < 0 && !west ? '-' : '') + padded(seconds % 60, 2))
  // Go takes the sign of the whole minutes: 52 s west of UTC are `+0000-52`
  return (west ? '-' : '+') + parts.join(colon)
}
