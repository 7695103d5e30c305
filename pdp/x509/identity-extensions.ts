import { clauses } from '../core/clause.ts'
import { contextConstructedTag, contextTag, type DerReader, derTags } from './der.ts'
import { readInteger, readOid } from './der-values.ts'
import type { ExtensionRow, Extensions } from './extensions.ts'
import { addressLengths, readGeneralName, readGeneralNames } from './general-names.ts'
import { readNameConstraints } from './read-name-constraints.ts'

export const identityExtensionClauses = clauses({
  authorityKeyId: 'rfc5280-4.2.1.1-authority-key-identifier',
  subjectKeyId: 'rfc5280-4.2.1.2-subject-key-identifier',
  subjectAltName: 'rfc5280-4.2.1.6-subject-alternative-name',
  issuerAltName: 'rfc5280-4.2.1.7-issuer-alternative-name',
  nameConstraints: 'rfc5280-4.2.1.10-name-constraints',
  informationAccess: 'rfc5280-4.2.2.1-authority-information-access',
})

/** Extensions that say whose certificate it is, who signed it, and which names may stand below it. */
export const identityExtensions: readonly ExtensionRow[] = [
  { id: '2.5.29.35', clause: identityExtensionClauses.authorityKeyId, processed: true, read: readAuthorityKeyId },
  {
    id: '2.5.29.14',
    clause: identityExtensionClauses.subjectKeyId,
    processed: true,
    read: (der, critical) => ({ subjectKeyId: { critical, keyId: der.content(derTags.octetString) } }),
  },
  {
    id: '2.5.29.17',
    clause: identityExtensionClauses.subjectAltName,
    processed: true,
    read: (der, critical) => ({ subjectAltName: { critical, names: readGeneralNames(der) } }),
  },
  {
    id: '2.5.29.18',
    clause: identityExtensionClauses.issuerAltName,
    processed: false,
    read: (der) => (readGeneralNames(der), {}),
  },
  {
    id: '2.5.29.30',
    clause: identityExtensionClauses.nameConstraints,
    processed: true,
    read: (der, critical) => ({ nameConstraints: { critical, ...readNameConstraints(der) } }),
  },
  {
    id: '1.3.6.1.5.5.7.1.1',
    clause: identityExtensionClauses.informationAccess,
    processed: false,
    read: readInformationAccess,
  },
]

function readAuthorityKeyId(der: DerReader, critical: boolean): Partial<Extensions> {
  const fields = der.enter(derTags.sequence)
  const keyId = fields.isNext(contextTag(0)) ? fields.content(contextTag(0)) : undefined
  const hasIssuer = fields.isNext(contextConstructedTag(1))
  if (hasIssuer) readGeneralNames(fields, contextConstructedTag(1))
  const hasSerial = fields.isNext(contextTag(2))
  if (hasSerial) readInteger(fields, contextTag(2))
  if (!fields.isEmpty()) throw new Error('authority key identifier with another field')
  return { authorityKeyId: { critical, hasIssuer, hasSerial, ...(keyId && { keyId }) } }
}

/** Where more could be fetched; never followed. Read because a malformed one is a malformed certificate. */
function readInformationAccess(der: DerReader): Partial<Extensions> {
  const list = der.enter(derTags.sequence)
  do {
    const description = list.enter(derTags.sequence)
    readOid(description)
    readGeneralName(description, addressLengths)
    if (!description.isEmpty()) throw new Error('access description with another field')
  } while (!list.isEmpty())
  return {}
}
