import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { CertificateList } from './certificate-list.ts'
import { contextConstructedTag, type DerReader, derTags, readDer } from './der.ts'
import { readBitString, readBoolean, readInteger, readOid } from './der-values.ts'
import { readName } from './name.ts'
import { readTime } from './read-time.ts'

export const readCertificateListClauses = clauses({ form: 'rfc5280-5.1-certificate-list' })

/**
 * Reads a complete list of version 2, all of `der`: with a next update, a number, and no critical extension, for lists
 * that tell a part of the truth (delta, indirect, by reason) are marked by one (RFC 5280 §5.2). Errors:
 * CREDENTIAL_MALFORMED.
 */
export function readCertificateList(der: Uint8Array): Result<CertificateList> {
  try {
    return ok(read(Buffer.from(der)))
  } catch {
    return refuse(
      'CREDENTIAL_MALFORMED',
      readCertificateListClauses.form,
      'not a complete list of revoked certificates',
    )
  }
}

function read(der: Buffer): CertificateList {
  const whole = readDer(der)
  const fields = whole.enter(derTags.sequence)
  const signed = fields.element(derTags.sequence).bytes
  const signatureAlgorithm = fields.element(derTags.sequence).bytes
  const { bytes: signature, unused } = readBitString(fields)
  if (unused !== 0 || !fields.isEmpty() || !whole.isEmpty()) throw new Error('bytes after the list')

  const body = readDer(signed).enter(derTags.sequence)
  if (readInteger(body) !== 1n) throw new Error('list is not of version 2')
  if (!body.element(derTags.sequence).bytes.equals(signatureAlgorithm)) throw new Error('two signature algorithms')
  const issuer = readName(body)
  const thisUpdate = readTime(body)
  const nextUpdate = readTime(body)
  const revoked = readEntries(body)
  const extensions = body.enter(contextConstructedTag(0))
  const ids = readExtensionIds(extensions)
  if (!ids.has(crlNumber) || !extensions.isEmpty() || !body.isEmpty()) throw new Error('list without a number')
  return { signed, signatureAlgorithm, signature, issuer, thisUpdate, nextUpdate, revoked }
}

const crlNumber = '2.5.29.20'

function readEntries(body: DerReader): ReadonlySet<bigint> {
  const revoked = new Set<bigint>()
  const entries = body.enterIfNext(derTags.sequence)
  while (entries && !entries.isEmpty()) {
    const entry = entries.enter(derTags.sequence)
    revoked.add(readInteger(entry))
    readTime(entry)
    if (!entry.isEmpty()) readExtensionIds(entry)
    if (!entry.isEmpty()) throw new Error('entry with another field')
  }
  return revoked
}

/** The OIDs of the next Extensions; throws where one is critical: of those nothing here is processed. */
function readExtensionIds(der: DerReader): ReadonlySet<string> {
  const list = der.enter(derTags.sequence)
  const ids = new Set<string>()
  do {
    const extension = list.enter(derTags.sequence)
    const id = readOid(extension)
    if (extension.isNext(derTags.boolean)) {
      readBoolean(extension)
      throw new Error('critical extension')
    }
    const value = extension.content(derTags.octetString)
    if (id === crlNumber && readInteger(readDer(value)) < 0n) throw new Error('negative number')
    if (!extension.isEmpty() || ids.has(id)) throw new Error('malformed extensions')
    ids.add(id)
  } while (!list.isEmpty())
  return ids
}
