import { type DerReader, derTags } from '../../x509/der.ts'
import type { CertificateTime } from './certificate.ts'

// YYMMDDhhmm[ss] or YYYYMMDDhhmmss, then Z or an offset, which RFC 5280 forbids and Go takes
const utcPattern = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:Z|([+-]\d{4}))$/
const generalizedPattern = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:Z|([+-]\d{4}))$/

/** The next UTCTime or GeneralizedTime, as Go's crypto/x509 takes them; throws otherwise. */
export function readCertificateTime(der: DerReader): CertificateTime {
  const { tag, content } = der.element()
  const isUtc = tag === derTags.utcTime
  if (!isUtc && tag !== derTags.generalizedTime) throw new Error('not a time')
  const parts = (isUtc ? utcPattern : generalizedPattern).exec(content.toString('latin1'))
  if (!parts) throw new Error('malformed time')
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '00', zone = ''] = parts
  const local = `${isUtc ? century(year) : ''}${year}-${month}-${day}T${hour}:${minute}:${second}`
  const milliseconds = Date.parse(`${local}.000Z`)
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== `${local}.000Z`) {
    throw new Error('no such time')
  }
  const offset = zone === '' ? { seconds: 0, text: 'Z' } : offsetOf(zone)
  return { epochSeconds: milliseconds / 1000 - offset.seconds, text: local + offset.text }
}

/** RFC 5280 §4.1.2.5.1: years of two digits lie between 1950 and 2049. */
const century = (year: string): string => (Number(year) < 50 ? '20' : '19')

/** One of zero is written Z, and Go cannot write one of a day in JSON. */
function offsetOf(zone: string): { readonly seconds: number; readonly text: string } {
  const [hours, minutes] = [zone.slice(1, 3), zone.slice(3)]
  const seconds = (Number(hours) * 60 + Number(minutes)) * 60
  if (seconds === 0 || Number(hours) > 23 || Number(minutes) > 59) throw new Error('malformed offset')
  return { seconds: zone.startsWith('-') ? -seconds : seconds, text: `${zone.slice(0, 3)}:${minutes}` }
}
