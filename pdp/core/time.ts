import type { Brand } from './brand.ts'

/** A point in time: milliseconds since 1970-01-01T00:00:00Z, a finite number. */
export type Instant = Brand<number, 'Instant'>

/** A length of time in whole or fractional seconds. */
export type Seconds = Brand<number, 'Seconds'>

/** Tells the time. The only source of time there is: nothing but the process reads the system clock. */
export type Clock = () => Instant

export const instant = (millisecondsSinceEpoch: number): Instant => millisecondsSinceEpoch as Instant

export const seconds = (n: number): Seconds => n as Seconds

export const plus = (at: Instant, length: Seconds): Instant => (at + length * 1000) as Instant

/** Seconds from `from` until `to`; negative if `to` is earlier. */
export const between = (from: Instant, to: Instant): Seconds => ((to - from) / 1000) as Seconds

export const earliest = (a: Instant, b: Instant): Instant => (a < b ? a : b)

export const latest = (a: Instant, b: Instant): Instant => (a > b ? a : b)

/** The instant of a JWT NumericDate (RFC 7519 §2): seconds since the epoch, possibly with a fraction. */
export const fromNumericDate = (date: number): Instant => (date * 1000) as Instant

/** Decimal digits of the nanoseconds since the epoch; exact, which a number would not be. */
export const nanosecondDigits = (at: Instant): string => `${Math.trunc(at)}000000`

/** RFC 3339 in UTC with milliseconds. Most instants are of a few seconds, whose texts are kept. */
export function toRfc3339(at: Instant): string {
  const second = Math.floor(at / 1000)
  const milliseconds = at - second * 1000
  if (!Number.isInteger(milliseconds)) return new Date(at).toISOString() // which throws for no time at all
  let head = heads.get(second)
  if (head === undefined) {
    head = new Date(at).toISOString().slice(0, -'000Z'.length)
    if (heads.size >= 64) heads.clear()
    heads.set(second, head)
  }
  return `${head}${String(1000 + milliseconds).slice(1)}Z`
}

/** Texts of seconds since the epoch, up to the point. */
const heads = new Map<number, string>()

/** The instant of `2026-03-02T12:00:00.000Z`, in exactly that form; throws where there is no such time. */
export function fromRfc3339(text: string): Instant {
  const at = instant(Date.parse(text))
  if (Number.isNaN(at) || toRfc3339(at) !== text) throw new Error('no such time')
  return at
}

const dayOrTime = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?Z)?$/

/** The instant of a day, at its beginning, or of a time in UTC (RFC 3339 §5.6); undefined where there is no such time. */
export function readRfc3339(text: string): Instant | undefined {
  const at = dayOrTime.test(text) ? Date.parse(text) : Number.NaN
  // there is no 30th of February: what comes out must begin like what went in
  return Number.isNaN(at) || !new Date(at).toISOString().startsWith(text.slice(0, 10)) ? undefined : instant(at)
}
