import { dateOf, daysBefore, daysIn, daysOf, modulo, weekdayOf } from './time-calendar.ts'
import type { ZonePeriod } from './time-zone.ts'

/** What holds behind the last transition of a zone: one time, or two that change every year. */
export interface ZoneRule {
  readonly standard: ZoneTime
  readonly daylight: (ZoneTime & { readonly start: YearlyChange; readonly end: YearlyChange }) | undefined
}

interface ZoneTime {
  readonly name: string
  /** Seconds east of UTC. */
  readonly offset: number
}

/** The `week`-th `weekday` (0 is Sunday) of a month, 5 for the last, and the seconds of the local day. */
interface YearlyChange {
  readonly month: number
  readonly week: number
  readonly weekday: number
  readonly seconds: number
}

const name = '(<[^>]+>|[A-Za-z]{3,})'
const offset = String.raw`([+-]?\d+(?::\d+){0,2})`
const change = String.raw`M(\d+)\.(\d)\.(\d)(?:\/${offset})?`
const pattern = new RegExp(`^${name}${offset}(?:${name}${offset}?,${change},${change})?$`)

/** Reads the form of POSIX's TZ that occurs in the table of zones, as `CET-1CEST,M3.5.0,M10.5.0/3`. */
export function readZoneRule(text: string): ZoneRule | undefined {
  const parts = pattern.exec(text)
  if (!parts) return undefined
  const [, standardName = '', standardOffset = '0', daylightName, daylightOffset] = parts
  const standard = { name: bare(standardName), offset: -secondsOf(standardOffset) }
  if (daylightName === undefined) return { standard, daylight: undefined }
  const offset = daylightOffset === undefined ? standard.offset + 3600 : -secondsOf(daylightOffset)
  const [start, end] = [changeOf(parts.slice(5, 9)), changeOf(parts.slice(9, 13))]
  return { standard, daylight: { name: bare(daylightName), offset, start, end } }
}

const bare = (name: string): string => name.replaceAll(/[<>]/g, '')

function secondsOf(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, '').split(':').map(Number)
  return (text.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds)
}

const changeOf = ([month, week, weekday, time]: readonly (string | undefined)[]): YearlyChange => ({
  month: Number(month),
  week: Number(week),
  weekday: Number(weekday),
  seconds: time === undefined ? 7200 : secondsOf(time),
})

const day = 86_400

/**
 * The period that holds at an instant behind the last transition, `last`, in seconds since the epoch. As in Go, its
 * bounds are those of the year where the change lies in another one.
 */
export function periodByRule({ standard, daylight }: ZoneRule, last: number, second: number): ZonePeriod {
  if (!daylight) return { ...standard, start: last, end: Number.POSITIVE_INFINITY }
  const { year } = dateOf(Math.floor(second / day))
  const yearStart = daysOf(year, 1, 1) * day
  const on = yearStart + changeSecond(year, daylight.start) - standard.offset
  const off = yearStart + changeSecond(year, daylight.end) - daylight.offset
  // in the south the year begins and ends with daylight saving
  const [inner, outer] = off < on ? [standard, daylight] : [daylight, standard]
  const [first, then] = [Math.min(on, off), Math.max(on, off)]
  if (second < first) return { name: outer.name, offset: outer.offset, start: yearStart, end: first }
  if (second < then) return { name: inner.name, offset: inner.offset, start: first, end: then }
  return { name: outer.name, offset: outer.offset, start: then, end: yearStart + 365 * day }
}

/** Seconds of local time from the start of the year. */
function changeSecond(year: number, { month, week, weekday, seconds }: YearlyChange): number {
  let dayOfMonth = modulo(weekday - weekdayOf(daysOf(year, month, 1)), 7)
  for (let i = 1; i < week && dayOfMonth + 7 < daysIn(year, month); i++) dayOfMonth += 7
  return (daysBefore(year, month) + dayOfMonth) * day + seconds
}
