import { fromRfc3339, type Instant } from '../core/time.ts'
import { type DerReader, derTags } from './der.ts'

const utcTime = /^(\d\d)(\d{2})(\d\d)(\d\d)(\d\d)(\d\d)Z$/
const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

/** The next Time, in the one form RFC 5280 §4.1.2.5 gives it: UTCTime through 2049, then GeneralizedTime; throws otherwise. */
export function readTime(der: DerReader): Instant {
  const isUtc = der.isNext(derTags.utcTime)
  const text = der.content(isUtc ? derTags.utcTime : derTags.generalizedTime).toString('latin1')
  const [, digits = '', month = '', day = '', hour = '', minute = '', second = ''] =
    (isUtc ? utcTime : generalizedTime).exec(text) ?? []
  const year = isUtc ? `${Number(digits) < 50 ? '20' : '19'}${digits}` : digits
  if (!isUtc && Number(year) < 2050) throw new Error('time before 2050 is not a UTCTime')
  return fromRfc3339(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`)
}
