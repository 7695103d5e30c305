import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Certificate } from './certificate.ts'
import { contextConstructedTag, type DerReader, derTags, readDer } from './der.ts'
import { readBitString, readInteger } from './der-values.ts'
import type { Extensions } from './extensions.ts'
import { readName } from './name.ts'
import { readPublicKey } from './public-key.ts'
import { readExtensions } from './read-extensions.ts'
import { readTime } from './read-time.ts'

export const readCertificateClauses = clauses({
  length: 'x509-certificate-length',
  form: 'rfc5280-4.1-certificate',
  version: 'rfc5280-4.1.2.1-version',
  algorithms: 'rfc5280-4.1.1.2-one-signature-algorithm',
})

const maximumBytes = 65_536
const version3 = 2n

/**
 * Reads one certificate, all of `der`. Refuses what is not DER, what is not of version 3, and what names two signature
 * algorithms. Errors: CREDENTIAL_MALFORMED.
 */
export function readCertificate(der: Uint8Array): Result<Certificate> {
  if (der.length > maximumBytes) {
    return refuse('CREDENTIAL_MALFORMED', readCertificateClauses.length, `certificate exceeds ${maximumBytes} bytes`)
  }
  try {
    return read(Buffer.from(der))
  } catch {
    return refuse('CREDENTIAL_MALFORMED', readCertificateClauses.form, 'not a certificate in DER')
  }
}

function read(der: Buffer): Result<Certificate> {
  const whole = readDer(der)
  const fields = whole.enter(derTags.sequence)
  const signed = fields.element(derTags.sequence).bytes
  const signatureAlgorithm = fields.element(derTags.sequence).bytes
  const { bytes: signature, unused } = readBitString(fields)
  if (unused !== 0 || !fields.isEmpty() || !whole.isEmpty()) throw new Error('bytes after the certificate')

  const body = readDer(signed).enter(derTags.sequence)
  const version = body.enterIfNext(contextConstructedTag(0))
  if (!version || readInteger(version) !== version3 || !version.isEmpty()) {
    return refuse('CREDENTIAL_MALFORMED', readCertificateClauses.version, 'certificate is not of version 3')
  }
  const serial = readInteger(body)
  if (!body.element(derTags.sequence).bytes.equals(signatureAlgorithm)) {
    return refuse(
      'CREDENTIAL_MALFORMED',
      readCertificateClauses.algorithms,
      'certificate names two signature algorithms',
    )
  }
  const issuer = readName(body)
  const validity = body.enter(derTags.sequence)
  const notBefore = readTime(validity)
  const notAfter = readTime(validity)
  if (!validity.isEmpty()) throw new Error('validity with another field')
  const subject = readName(body)
  const publicKey = readPublicKey(body)
  const extensions = readExtensionsOf(body)
  if (!extensions.ok) return extensions
  if (!body.isEmpty()) throw new Error('bytes after the extensions') // unique identifiers are long gone (§4.1.2.8)
  const about = { issuer, subject, notBefore, notAfter, publicKey, extensions: extensions.value }
  return ok({ der, signed, signatureAlgorithm, signature, serial, ...about })
}

const noExtensions: Extensions = { unprocessed: [] }

function readExtensionsOf(body: DerReader): Result<Extensions> {
  const outer = body.enterIfNext(contextConstructedTag(3))
  if (!outer) return ok(noExtensions)
  const extensions = readExtensions(outer)
  if (extensions.ok && !outer.isEmpty()) throw new Error('bytes after the extensions')
  return extensions
}
