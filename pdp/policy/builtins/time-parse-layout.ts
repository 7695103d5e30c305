import { daysBefore, daysIn, daysOf, isLeap } from './time-calendar.ts'
import { type LayoutChunk, monthNames, readLayout, weekdayNames } from './time-layout.ts'
import {
  emptyFields,
  type FieldReader,
  fractionField,
  halfOfDay,
  nameField,
  numberField,
  offsetField,
  shortYear,
  type TimeFields,
  zoneField,
} from './time-parse-fields.ts'
import { localZone, offsetNamed } from './time-zone.ts'

/** Seconds since the epoch, and nanoseconds of the second. */
export interface ParsedTime {
  readonly second: number
  readonly nano: number
}

/**
 * Reads a text in a layout as Go's `time.Parse`; undefined where that fails. An abbreviation of a zone has the offset
 * that it has in the zone of the process, else 0. Both texts are bytes, one to a character.
 */
export function parseInLayout(layout: string, text: string): ParsedTime | undefined {
  const fields = emptyFields()
  let rest: string | undefined = text
  const chunks = readLayout(layout)
  for (const [i, chunk] of chunks.entries()) {
    rest = skip(rest, chunk.prefix)
    if (rest !== undefined && chunk.element !== '') rest = readElement(fields, chunk, rest, chunks[i + 1])
    if (rest === undefined) return undefined
  }
  return rest === '' ? timeOf(fields) : undefined
}

/** Takes literal text of the layout off; a run of spaces there stands for any number of them. */
function skip(text: string, prefix: string): string | undefined {
  let rest = text
  for (let at = 0; at < prefix.length; at++) {
    const character = prefix.charAt(at)
    if (character === ' ') {
      if (rest !== '' && !rest.startsWith(' ')) return undefined
      while (prefix[at + 1] === ' ') at++
      rest = rest.replace(/^ +/, '')
    } else {
      if (!rest.startsWith(character)) return undefined
      rest = rest.slice(1)
    }
  }
  return rest
}

const short = (names: readonly string[]): readonly string[] => names.map((name) => name.slice(0, 3))

const oneOrTwo = /^(\d\d?)/
const two = /^(\d\d)/

const readers: ReadonlyMap<string, FieldReader> = new Map([
  ['2006', numberField('year', /^(\d{4})/, 0, 9999)],
  ['06', shortYear],
  ['January', nameField(monthNames, 'month')],
  ['Jan', nameField(short(monthNames), 'month')],
  ['1', numberField('month', oneOrTwo, 1, 12)],
  ['01', numberField('month', two, 1, 12)],
  ['Monday', nameField(weekdayNames)],
  ['Mon', nameField(short(weekdayNames))],
  ['2', numberField('day', oneOrTwo, 0, 99)],
  ['_2', numberField('day', /^ ?(\d\d?)/, 0, 99)],
  ['02', numberField('day', two, 0, 99)],
  ['__2', numberField('dayOfYear', /^ {0,2}(\d{1,3})/, 0, 999)],
  ['002', numberField('dayOfYear', /^(\d{3})/, 0, 999)],
  ['15', numberField('hour', oneOrTwo, 0, 23)],
  ['3', numberField('hour', oneOrTwo, 0, 12)],
  ['03', numberField('hour', two, 0, 12)],
  ['4', numberField('minute', oneOrTwo, 0, 59)],
  ['04', numberField('minute', two, 0, 59)],
  ['5', numberField('second', oneOrTwo, 0, 59)],
  ['05', numberField('second', two, 0, 59)],
  ['PM', halfOfDay('AM', 'PM')],
  ['pm', halfOfDay('am', 'pm')],
  ['MST', zoneField],
])

function readElement(fields: TimeFields, chunk: LayoutChunk, text: string, next?: LayoutChunk): string | undefined {
  const { element, digits } = chunk
  if (element === '.0') return text.length > digits ? fractionField(fields, text, digits + 1) : undefined
  if (element === '.9') return optionalFraction(fields, text)
  if (/^[Z-]/.test(element)) return offsetField(element)(fields, text)
  const rest = readers.get(element)?.(fields, text)
  // a fraction may follow the seconds even where the layout has none
  const mayFollow = (element === '5' || element === '05') && next?.element.startsWith('.') !== true
  return rest !== undefined && mayFollow ? optionalFraction(fields, rest) : rest
}

function optionalFraction(fields: TimeFields, text: string): string | undefined {
  const [fraction] = /^[.,]\d+/.exec(text) ?? []
  return fraction === undefined ? text : fractionField(fields, text, fraction.length)
}

function timeOf(fields: TimeFields): ParsedTime | undefined {
  const date = dateOfFields(fields)
  if (!date) return undefined
  const hour =
    fields.half === 'pm' && fields.hour < 12
      ? fields.hour + 12
      : fields.half === 'am' && fields.hour === 12
        ? 0
        : fields.hour
  const days = daysOf(fields.year, date.month, date.day)
  const local = ((days * 24 + hour) * 60 + fields.minute) * 60 + fields.second
  return { second: local - offsetOf(fields, local), nano: fields.nano }
}

function dateOfFields(fields: TimeFields): { readonly month: number; readonly day: number } | undefined {
  const { year, month, day, dayOfYear } = fields
  if (dayOfYear < 0) {
    const date = { month: month < 0 ? 1 : month, day: day < 0 ? 1 : day }
    return date.day >= 1 && date.day <= daysIn(year, date.month) ? date : undefined
  }
  if (dayOfYear < 1 || dayOfYear > (isLeap(year) ? 366 : 365)) return undefined
  let own = 12
  while (daysBefore(year, own) >= dayOfYear) own--
  const date = { month: own, day: dayOfYear - daysBefore(year, own) }
  return (month < 0 || month === date.month) && (day < 0 || day === date.day) ? date : undefined
}

function offsetOf({ utc, offset, zoneName }: TimeFields, local: number): number {
  if (utc) return 0
  if (offset !== -1) return offset
  // even `GMT+3` moves nothing: Go notes the three hours with the time, and OPA asks for the instant alone
  return zoneName === '' ? 0 : (offsetNamed(localZone(), zoneName, local) ?? 0)
}
