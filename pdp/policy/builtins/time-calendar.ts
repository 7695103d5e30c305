/** A day of the proleptic Gregorian calendar; `month` from 1. */
export interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** Days since 1970-01-01, for any integers: the month 14 and the day 0 are carried over. */
export function daysOf(year: number, month: number, day: number): number {
  const years = year + Math.floor((month - 1) / 12)
  const inYear = modulo(month - 1, 12)
  const before = years - 1
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  return years * 365 + leaps + daysBefore(years, inYear + 1) + day - 1 - daysTo1970
}

const daysTo1970 = 719_527 // from the first of January of the year 0

/** The day that is `days` after 1970-01-01. */
export function dateOf(days: number): CivilDate {
  const cycle = Math.floor((days + daysTo1970) / daysOfCycle)
  const inCycle = days + daysTo1970 - cycle * daysOfCycle
  let year = cycle * 400 + Math.floor(inCycle / 366) // not later than the right one, and close to it
  while (daysOf(year + 1, 1, 1) <= days) year++
  const inYear = days - daysOf(year, 1, 1)
  let month = Math.floor(inYear / 31) + 1
  if (month < 12 && daysBefore(year, month + 1) <= inYear) month++
  return { year, month, day: inYear - daysBefore(year, month) + 1 }
}

const daysOfCycle = 146_097 // 400 years

/** From 1. */
export const dayOfYear = ({ year, month, day }: CivilDate): number => daysBefore(year, month) + day

/** 0 is Sunday. */
export const weekdayOf = (days: number): number => modulo(days + 4, 7)

export const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const starts = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]

/** Days of the year before the month, from 1 to 13. */
export const daysBefore = (year: number, month: number): number =>
  (starts[month - 1] ?? 0) + (month > 2 && isLeap(year) ? 1 : 0)

export const daysIn = (year: number, month: number): number => daysBefore(year, month + 1) - daysBefore(year, month)

export const modulo = (value: number, by: number): number => ((value % by) + by) % by
