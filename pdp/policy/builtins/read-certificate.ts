import { contextConstructedTag, contextTag, type DerReader, derTags, readDer } from '../../x509/der.ts'
import { readBitString, readBoolean, readInteger, readOid, rightAligned } from '../../x509/der-values.ts'
import type { Certificate, CertificateExtension } from './certificate.ts'
import { readCertificateTime } from './time-of-certificate.ts'
import { readExtensions } from './read-extensions.ts'
import { readName } from './read-name.ts'
import { readAlgorithm, readPublicKey } from './read-public-key.ts'
import { publicKeyAlgorithmOf, signatureAlgorithmOf } from './signature-algorithms.ts'

/** Reads one certificate as Go's `x509.ParseCertificate`; throws where that fails. */
export function readCertificate(bytes: Buffer): Certificate {
  const [certificate, more] = readCertificates(bytes)
  if (!certificate || more) throw new Error('not one certificate')
  return certificate
}

/** Reads certificates that follow each other (`x509.ParseCertificates`); throws where one is malformed. */
export function readCertificates(bytes: Buffer): readonly Certificate[] {
  const der = readDer(bytes)
  const certificates: Certificate[] = []
  while (!der.isEmpty()) certificates.push(certificateAt(der))
  return certificates
}

function certificateAt(der: DerReader): Certificate {
  const { bytes: raw, content } = der.element(derTags.sequence)
  const outer = readDer(content)
  const { bytes: tbsBytes, content: tbsContent } = outer.element(derTags.sequence)
  const tbs = readDer(tbsContent)
  const version = readVersion(tbs)
  const serialNumber = readInteger(tbs)
  if (serialNumber < 0n) throw new Error('negative serial number')
  const algorithm = tbs.content(derTags.sequence)
  if (!outer.content(derTags.sequence).equals(algorithm)) throw new Error('two signature algorithms')
  const signatureAlgorithm = signatureAlgorithmOf(readAlgorithm(readDer(algorithm)))
  const { bytes: rawIssuer } = tbs.element(derTags.sequence)
  const validity = tbs.enter(derTags.sequence)
  const [notBefore, notAfter] = [readCertificateTime(validity), readCertificateTime(validity)]
  const { bytes: rawSubject } = tbs.element(derTags.sequence)
  const { bytes: spki, content: spkiContent } = tbs.element(derTags.sequence)
  const extensions = readTail(tbs, version)
  return {
    raw,
    tbs: tbsBytes,
    spki,
    rawSubject,
    rawIssuer,
    ...readKey(spkiContent),
    signature: rightAligned(readBitString(outer)),
    signatureAlgorithm,
    version,
    serialNumber,
    issuer: readName(readDer(rawIssuer)),
    subject: readName(readDer(rawSubject)),
    notBefore,
    notAfter,
    extensions,
    facts: readExtensions(extensions),
  }
}

/** Counted from 1, as people name versions. */
function readVersion(tbs: DerReader): number {
  const tagged = tbs.enterIfNext(contextConstructedTag(0))
  const version = tagged ? readInteger(tagged) : 0n
  if (version < 0n || version > 2n || (tagged && !tagged.isEmpty())) throw new Error('invalid version')
  return Number(version) + 1
}

function readKey(content: Buffer): Pick<Certificate, 'publicKey' | 'publicKeyAlgorithm'> {
  const spki = readDer(content)
  const algorithm = readAlgorithm(spki.enter(derTags.sequence))
  const key = rightAligned(readBitString(spki))
  const publicKeyAlgorithm = publicKeyAlgorithmOf(algorithm.oid)
  return { publicKeyAlgorithm, publicKey: publicKeyAlgorithm === 0 ? undefined : readPublicKey(algorithm, key) }
}

/** What follows the key: unique identifiers, passed over, and the extensions of version 3. */
function readTail(tbs: DerReader, version: number): readonly CertificateExtension[] {
  if (version === 1) return []
  for (const tag of [contextTag(1), contextTag(2)]) if (tbs.isNext(tag)) tbs.element()
  const list = version === 3 ? tbs.enterIfNext(contextConstructedTag(3))?.enter(derTags.sequence) : undefined
  const extensions: CertificateExtension[] = []
  while (list && !list.isEmpty()) extensions.push(readExtension(list.enter(derTags.sequence)))
  if (new Set(extensions.map(({ id }) => id)).size < extensions.length) throw new Error('an extension twice')
  return extensions
}

/** Reads what an Extension's SEQUENCE holds. */
export function readExtension(der: DerReader): CertificateExtension {
  const id = readOid(der)
  const critical = der.isNext(derTags.boolean) && readBoolean(der)
  return { id, critical, value: der.content(derTags.octetString) }
}
