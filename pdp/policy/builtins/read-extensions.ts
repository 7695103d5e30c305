import { contextConstructedTag, contextTag, type DerReader, derTags, readDer } from '../../x509/der.ts'
import { oidText, readBitString, readBoolean, readInteger, readOid } from '../../x509/der-values.ts'
import type { CertificateExtension, CertificateFacts, CountWithZero } from './certificate.ts'
import { extKeyUsageOf } from './ext-key-usages.ts'
import { goText } from './go-utf8.ts'
import { readAlternativeNames } from './read-alternative-names.ts'
import { readNameConstraints } from './read-name-constraints.ts'

type Draft = { -readonly [Name in keyof CertificateFacts]: CertificateFacts[Name] }

const noSubtrees = { dns: [], ips: [], emails: [], uris: [] }
const noCount: CountWithZero = { value: 0n, isZero: false }
const limitOfInt = 1n << 63n

const nothing: CertificateFacts = {
  keyUsage: 0,
  basicConstraints: undefined,
  names: noSubtrees,
  permitted: noSubtrees,
  excluded: noSubtrees,
  constraintsCritical: false,
  extKeyUsages: [],
  unknownExtKeyUsages: [],
  subjectKeyId: undefined,
  authorityKeyId: undefined,
  ocspServers: [],
  issuingUrls: [],
  crlPoints: [],
  policies: undefined,
  policyMappings: [],
  inhibitAnyPolicy: noCount,
  inhibitPolicyMapping: noCount,
  requireExplicitPolicy: noCount,
  unhandled: [],
}

/** Reads one extension; `true` where it is of a kind that is understood, and all of it is. */
type ReadExtension = (facts: Draft, extension: CertificateExtension) => boolean

/** What the extensions say, as Go's crypto/x509 reads them (RFC 5280 §4.2); throws where one is malformed. */
export function readExtensions(extensions: readonly CertificateExtension[]): CertificateFacts {
  const facts: Draft = { ...nothing }
  for (const extension of extensions) {
    const isUnderstood = readers.get(extension.id)?.(facts, extension) ?? false
    if (extension.critical && !isUnderstood) facts.unhandled = [...facts.unhandled, extension.id]
  }
  return facts
}

/** Reads the parts of an extension's SEQUENCE; what Go ignores behind them is ignored. */
const inSequence =
  (read: (facts: Draft, sequence: DerReader) => void): ReadExtension =>
  (facts, { value }) => {
    read(facts, readDer(value).enter(derTags.sequence))
    return true
  }

const notCritical =
  (read: ReadExtension): ReadExtension =>
  (facts, extension) => {
    if (extension.critical) throw new Error('extension must not be critical')
    return read(facts, extension)
  }

const readers: ReadonlyMap<string, ReadExtension> = new Map<string, ReadExtension>([
  [
    '2.5.29.14',
    notCritical((facts, { value }) => {
      facts.subjectKeyId = readDer(value).content(derTags.octetString)
      return true
    }),
  ],
  [
    '2.5.29.15',
    (facts, { value }) => {
      const { bytes } = readBitString(readDer(value))
      const isSet = (bit: number) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0
      for (let bit = 0; bit < 9; bit++) if (isSet(bit)) facts.keyUsage |= 1 << bit
      return true
    },
  ],
  [
    '2.5.29.17',
    (facts, { value }) => {
      facts.names = readAlternativeNames(value)
      const { dns, emails, ips, uris } = facts.names
      return dns.length + emails.length + ips.length + uris.length > 0
    },
  ],
  [
    '2.5.29.19',
    inSequence((facts, sequence) => {
      const isCa = sequence.isNext(derTags.boolean) && readBoolean(sequence)
      const length = sequence.isNext(derTags.integer) ? readInteger(sequence) : undefined
      if (length !== undefined && (length < 0n || length >= limitOfInt)) throw new Error('path length out of range')
      facts.basicConstraints = { isCa, maxPathLength: length ?? -1n }
    }),
  ],
  [
    '2.5.29.30',
    (facts, { value, critical }) => {
      const { permitted, excluded, hasUnknown } = readNameConstraints(value)
      Object.assign(facts, { permitted, excluded, constraintsCritical: critical })
      return !hasUnknown
    },
  ],
  ['2.5.29.31', inSequence((facts, points) => (facts.crlPoints = eachIn(points, crlUris).flat()))],
  ['2.5.29.32', inSequence((facts, policies) => (facts.policies = readPolicies(policies)))],
  [
    '2.5.29.33',
    inSequence((facts, mappings) => {
      facts.policyMappings = eachIn(mappings, (mapping) => ({
        issuer: mapping.content(derTags.objectIdentifier),
        subject: mapping.content(derTags.objectIdentifier),
      }))
    }),
  ],
  [
    '2.5.29.35',
    notCritical(
      inSequence((facts, sequence) => {
        facts.authorityKeyId = sequence.isNext(contextTag(0)) ? sequence.content(contextTag(0)) : undefined
      }),
    ),
  ],
  [
    '2.5.29.36',
    inSequence((facts, sequence) => {
      if (sequence.isNext(contextTag(0))) facts.requireExplicitPolicy = countOf(readInteger(sequence, contextTag(0)))
      if (sequence.isNext(contextTag(1))) facts.inhibitPolicyMapping = countOf(readInteger(sequence, contextTag(1)))
    }),
  ],
  [
    '2.5.29.37',
    inSequence((facts, sequence) => {
      const oids: string[] = []
      while (!sequence.isEmpty()) oids.push(readOid(sequence))
      const known = oids.map((oid) => [oid, extKeyUsageOf(oid)] as const)
      facts.extKeyUsages = known.flatMap(([, usage]) => usage ?? [])
      facts.unknownExtKeyUsages = known.flatMap(([oid, usage]) => (usage === undefined ? [oid] : []))
    }),
  ],
  [
    '2.5.29.54',
    (facts, { value }) => {
      facts.inhibitAnyPolicy = countOf(readInteger(readDer(value)))
      return true
    },
  ],
  ['1.3.6.1.5.5.7.1.1', notCritical(inSequence(readInformationAccess))],
])

function eachIn<Item>(sequence: DerReader, read: (item: DerReader) => Item): readonly Item[] {
  const items: Item[] = []
  while (!sequence.isEmpty()) items.push(read(sequence.enter(derTags.sequence)))
  return items
}

function countOf(value: bigint): CountWithZero {
  if (value < -limitOfInt || value >= limitOfInt) throw new Error('count out of range')
  return { value, isZero: value === 0n }
}

/** The URIs at the head of a distribution point's full name (RFC 5280 §4.2.1.13). */
function crlUris(point: DerReader): readonly string[] {
  const names = point.enterIfNext(contextConstructedTag(0))?.enter(contextConstructedTag(0))
  const uris: string[] = []
  while (names?.isNext(contextTag(6))) uris.push(goText(names.content(contextTag(6))))
  return uris
}

function readPolicies(sequence: DerReader): readonly string[] {
  const policies = eachIn(sequence, (policy) => oidText(policy.content(derTags.objectIdentifier)))
  if (new Set(policies).size < policies.length) throw new Error('a policy twice')
  return policies
}

function readInformationAccess(facts: Draft, sequence: DerReader): void {
  for (const [method, uri] of eachIn(sequence, accessOf)) {
    if (uri === undefined) continue
    if (method === '1.3.6.1.5.5.7.48.1') facts.ocspServers = [...facts.ocspServers, uri]
    if (method === '1.3.6.1.5.5.7.48.2') facts.issuingUrls = [...facts.issuingUrls, uri]
  }
}

function accessOf(description: DerReader): readonly [string, string | undefined] {
  const method = readOid(description)
  return [method, description.isNext(contextTag(6)) ? goText(description.content(contextTag(6))) : undefined]
}
