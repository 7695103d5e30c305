/**
 * What a text says of a time, element by element. Month, day and day of the year are -1 where it does not say, as in
 * Go; so is the offset, which makes `-00:00:01` one that was not given.
 */
export interface TimeFields {
  year: number
  month: number
  day: number
  dayOfYear: number
  hour: number
  minute: number
  second: number
  nano: number
  half: 'am' | 'pm' | undefined
  utc: boolean
  offset: number
  zoneName: string
}

export const emptyFields = (): TimeFields => ({
  year: 0,
  month: -1,
  day: -1,
  dayOfYear: -1,
  hour: 0,
  minute: 0,
  second: 0,
  nano: 0,
  half: undefined,
  utc: false,
  offset: -1,
  zoneName: '',
})

/** Reads one element at the start of the text into the fields; the rest of the text, or undefined if it is not there. */
export type FieldReader = (fields: TimeFields, text: string) => string | undefined

type NumberField = 'year' | 'month' | 'day' | 'dayOfYear' | 'hour' | 'minute' | 'second'

/** Digits by a pattern with one group, in a range. */
export const numberField =
  (field: NumberField, pattern: RegExp, low: number, high: number): FieldReader =>
  (fields, text) => {
    const [whole, digits] = pattern.exec(text) ?? []
    const number = Number(digits)
    if (whole === undefined || number < low || number > high) return undefined
    fields[field] = number
    return text.slice(whole.length)
  }

/** 69 to 99 lie in the twentieth century. Go takes a sign for the first digit. */
export const shortYear: FieldReader = (fields, text) => {
  const [digits] = /^(?:\d|[+-])\d/.exec(text) ?? []
  if (digits === undefined) return undefined
  const year = Number(digits)
  fields.year = year >= 69 ? year + 1900 : year + 2000
  return text.slice(2)
}

/** A name in any case; its index plus one goes into the month, if that is what it is. */
export const nameField =
  (names: readonly string[], field?: 'month'): FieldReader =>
  (fields, text) => {
    const index = names.findIndex((name) => text.slice(0, name.length).toLowerCase() === name.toLowerCase())
    if (index < 0) return undefined
    if (field) fields[field] = index + 1
    return text.slice(names[index]?.length)
  }

export const halfOfDay =
  (am: string, pm: string): FieldReader =>
  (fields, text) => {
    const half = text.slice(0, 2)
    if (half !== am && half !== pm) return undefined
    // each of the two is remembered in Go, and the afternoon goes first
    if (fields.half !== 'pm') fields.half = half === pm ? 'pm' : 'am'
    return text.slice(2)
  }

const offsetPatterns: ReadonlyMap<string, RegExp> = new Map([
  ['07', /^([+-])(\d\d)/],
  ['0700', /^([+-])(\d\d)(\d\d)/],
  ['07:00', /^([+-])(\d\d):(\d\d)/],
  ['070000', /^([+-])(\d\d)(\d\d)(\d\d)/],
  ['07:00:00', /^([+-])(\d\d):(\d\d):(\d\d)/],
])

/** `-07:00` and the like; with `Z` in place of the sign in the layout, `Z` for UTC is read too. */
export const offsetField =
  (element: string): FieldReader =>
  (fields, text) => {
    if (element.startsWith('Z') && text.startsWith('Z')) {
      fields.utc = true
      return text.slice(1)
    }
    const parts = offsetPatterns.get(element.slice(1))?.exec(text)
    if (!parts) return undefined
    const [whole, sign, hours = 0, minutes = 0, seconds = 0] = [parts[0], parts[1], ...parts.slice(2).map(Number)]
    if (hours > 24 || minutes > 60 || seconds > 60) return undefined
    fields.offset = (sign === '-' ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds) || 0
    return text.slice(whole.length)
  }

/** An abbreviation of three to five letters, `GMT-3`, or `+03` where a zone has no name. */
export const zoneField: FieldReader = (fields, text) => {
  if (text.startsWith('UTC')) {
    fields.utc = true
    return text.slice(3)
  }
  const name = zoneNameAt(text)
  if (name === undefined) return undefined
  fields.zoneName = name
  return text.slice(name.length)
}

function zoneNameAt(text: string): string | undefined {
  if (text.length < 3) return undefined
  const [special] = /^(?:ChST|MeST)/.exec(text) ?? []
  if (special !== undefined) return special
  if (text.startsWith('GMT')) return `GMT${signedOffsetAt(text.slice(3)) ?? ''}`
  if (/^[+-]/.test(text)) return signedOffsetAt(text)
  const [letters = ''] = /^[A-Z]{0,6}/.exec(text) ?? []
  switch (letters.length) {
    case 5:
      return letters.endsWith('T') ? letters : undefined
    case 4:
      return letters.endsWith('T') || letters === 'WITA' ? letters : undefined
    default:
      return letters.length === 3 ? letters : undefined
  }
}

function signedOffsetAt(text: string): string | undefined {
  const [whole, digits] = /^[+-](\d+)/.exec(text) ?? []
  return whole !== undefined && BigInt(digits ?? '') <= 23n ? whole : undefined
}

/** Nanoseconds of `.123`, of which all behind nine digits is dropped unread; a sign is read as Go's atoi does. */
export function fractionField(fields: TimeFields, text: string, length: number): string | undefined {
  const [, sign, digits = ''] = /^[.,]([+-]?)(\d*)$/.exec(text.slice(0, Math.min(length, 10))) ?? []
  if (sign === undefined || (sign === '-' && Number(digits) > 0)) return undefined
  fields.nano = Number(digits) * 10 ** Math.max(0, 10 - length)
  return text.slice(length)
}
