import { contextConstructedTag, type DerElement, type DerReader, derTags, readDer } from '../../x509/der.ts'
import { readBitString, readInteger, readOid, rightAligned } from '../../x509/der-values.ts'
import type { CertificateExtension } from './certificate.ts'
import { readAlternativeNames } from './read-alternative-names.ts'
import { readExtension } from './read-certificate.ts'
import { readLooseAttribute } from './read-loose-value.ts'
import { readAlgorithm, readPublicKey } from './read-public-key.ts'
import type { CertificateRequest, LooseAttribute } from './request.ts'
import { publicKeyAlgorithmOf, signatureAlgorithmOf } from './signature-algorithms.ts'

const extensionRequest = '1.2.840.113549.1.9.14'
const alternativeName = '2.5.29.17'

/** Reads a certificate signing request as Go's `x509.ParseCertificateRequest`; throws where that fails. */
export function readRequest(bytes: Buffer): CertificateRequest {
  const der = readDer(bytes)
  const whole = der.element(derTags.sequence)
  if (!der.isEmpty()) throw new Error('trailing data')
  const outer = readDer(whole.content)
  const inner = outer.element(derTags.sequence)
  const signatureAlgorithm = signatureAlgorithmOf(readAlgorithm(outer.enter(derTags.sequence)))
  const signature = rightAligned(readBitString(outer))
  const tbs = readDer(inner.content)
  const version = readInteger(tbs)
  if (BigInt.asIntN(64, version) !== version) throw new Error('version too large')
  const subject = tbs.element()
  const spki = tbs.element(derTags.sequence)
  const attributes = elementsOf(readDer(tbs.content(contextConstructedTag(0))))
  const extensions = requestedExtensions(attributes)
  const names = extensions.filter(({ id }) => id === alternativeName).map(({ value }) => readAlternativeNames(value))
  return {
    raw: whole.bytes,
    tbs: inner.bytes,
    spki: spki.bytes,
    rawSubject: subject.bytes,
    version,
    signature,
    signatureAlgorithm,
    ...keyOf(spki),
    subject: subjectOf(subject),
    attributes: attributes.flatMap((attribute) => orNone(() => listAttribute(attribute)) ?? []),
    extensions,
    names: names.at(-1) ?? { dns: [], emails: [], ips: [], uris: [] },
  }
}

function keyOf({ content }: DerElement): Pick<CertificateRequest, 'publicKey' | 'publicKeyAlgorithm'> {
  const spki = readDer(content)
  const algorithm = readAlgorithm(spki.enter(derTags.sequence))
  const bits = readBitString(spki)
  const publicKeyAlgorithm = publicKeyAlgorithmOf(algorithm.oid)
  const publicKey = publicKeyAlgorithm === 0 ? undefined : readPublicKey(algorithm, rightAligned(bits))
  return { publicKeyAlgorithm, publicKey }
}

function subjectOf({ bytes }: DerElement): readonly LooseAttribute[] {
  return each(readDer(bytes).enter(derTags.sequence), (names) =>
    each(names.enter(derTags.set), (set) => readLooseAttribute(set.enter(derTags.sequence))),
  ).flat()
}

/** An attribute whose values are lists of attributes; throws where it is another. */
function listAttribute({ bytes }: DerElement) {
  const der = readDer(bytes).enter(derTags.sequence)
  const type = readOid(der)
  const value = each(der.enter(derTags.set), (set) =>
    each(set.enter(derTags.sequence), (list) => readLooseAttribute(list.enter(derTags.sequence))),
  )
  return { type, value }
}

function requestedExtensions(attributes: readonly DerElement[]): readonly CertificateExtension[] {
  const extensions: CertificateExtension[] = []
  for (const attribute of attributes) {
    const first = orNone(() => firstValue(attribute))
    if (!first) continue
    const list = readDer(first.bytes).enter(derTags.sequence)
    extensions.push(...each(list, (item) => readExtension(item.enter(derTags.sequence))))
  }
  if (new Set(extensions.map(({ id }) => id)).size < extensions.length) throw new Error('an extension twice')
  return extensions
}

/** The first value of an extension request; undefined for another attribute. */
function firstValue({ bytes }: DerElement): DerElement | undefined {
  const der = readDer(bytes).enter(derTags.sequence)
  const type = readOid(der)
  const [first] = elementsOf(der.enter(derTags.set))
  return type === extensionRequest ? first : undefined
}

function each<Item>(der: DerReader, read: (der: DerReader) => Item): readonly Item[] {
  const items: Item[] = []
  while (!der.isEmpty()) items.push(read(der))
  return items
}

const elementsOf = (der: DerReader): readonly DerElement[] => each(der, (one) => one.element())

function orNone<Item>(read: () => Item): Item | undefined {
  try {
    return read()
  } catch {
    return undefined // Go passes over attributes that it cannot read
  }
}
