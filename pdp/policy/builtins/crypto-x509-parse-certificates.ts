import type { Builtin } from './builtin.ts'
import { extendedCertificateValue } from './certificate-value.ts'
import { readPemCertificates } from './read-pem-certificates.ts'

/** `crypto.x509.parse_certificates`: the certificates of a text as Go shows them; undefined where one is malformed. */
export const cryptoX509ParseCertificates: Builtin = {
  name: 'crypto.x509.parse_certificates',
  call: (text) => (typeof text === 'string' ? readPemCertificates(text).map(extendedCertificateValue) : undefined),
}
