import { isArrayValue, type Value } from '../value.ts'
import { decodeGoBase64 } from './go-base64.ts'
import { readCertificate } from './read-certificate.ts'

const maximumCertificates = 10
const maximumBytes = 256 * 1024

/** Checks an `x5c` member as OPA's JOSE library: up to ten certificates that can be read. Throws otherwise. */
export function checkX509Chain(value: Value): void {
  if (!isArrayValue(value) || value.length > maximumCertificates) throw new Error('x5c is not a list of certificates')
  for (const item of value) {
    const bytes = typeof item === 'string' && decodeGoBase64(item.replaceAll(/[ \t\r\n\v\f]/g, ''), 'standard', true)
    if (!bytes || bytes.length > maximumBytes) throw new Error('x5c holds no certificate')
    readCertificate(bytes)
  }
}
