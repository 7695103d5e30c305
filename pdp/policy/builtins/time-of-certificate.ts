import { type DerReader, derTags } from '../../x509/der.ts'
import type { CertificateTime } from './certificate.ts'

// YYMMDDhhmm[ss] or YYYYMMDDhhmmss, then Z or an offset, which RFC 5280 forbids and Go takes
const utcPattern = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:Z|([+-])(\d\d)(\d\d))$/
const generalizedPattern = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:Z|([+-])(\d\d)(\d\d))$/

/** The next UTCTime or GeneralizedTime, as Go's crypto/x509 takes them; throws otherwise. */
export function readCertificateTime(der: DerReader): CertificateTime {
  const { tag, content } = der.element()
  if (tag !== derTags.utcTime && tag !== derTags.generalizedTime) throw new Error('not a time')
  const isUtc = tag === derTags.utcTime
  const parts = (isUtc ? utcPattern : generalizedPattern).exec(content.toString('latin1'))
  if (!parts) throw new Error('malformed time')
  const [, yearText = '', month = '', day = '', hour = '', minute = '', second = '00', sign = '', ...offset] = parts
  const [offsetHours = '00', offsetMinutes = '00'] = offset.map((text) => text ?? '00')
  const offsetSeconds = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60 * (sign === '-' ? -1 : 1)
  // an offset of zero is written Z, and Go cannot write one of a day in JSON
  if (sign !== '' && (offsetSeconds === 0 || Number(offsetHours) > 23 || Number(offsetMinutes) > 59)) {
    throw new Error('malformed offset')
  }
  const twoDigits = Number(yearText) < 50 ? '20' : '19'
  const year = isUtc ? twoDigits + yearText : yearText
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const milliseconds = Date.parse(`${local}.000Z`)
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== `${local}.000Z`) {
    throw new Error('no such time')
  }
  const zone = sign === '' ? 'Z' : `${sign}${offsetHours}:${offsetMinutes}`
  return { epochSeconds: milliseconds / 1000 - offsetSeconds, text: local + zone }
}
