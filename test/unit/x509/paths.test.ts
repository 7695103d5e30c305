import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { describe, test } from 'vitest'
import {
  clientAuth,
  createAuthority,
  createCertificate,
  createKeyPair,
  extension,
  general,
  type IssueParts,
  name,
  serverAuth,
  type TestExtension,
} from '../../support/certificates.ts'
import { noon } from '../../support/clock.ts'
import { bits, boolean, der, integer, octets, oid, sequence, text } from '../../support/der.ts'
import { refusesOnly } from '../../support/twin.ts'
import { after, findPath, type PathCase } from '../../support/x509-case.ts'

const root = createAuthority('root')
const middle = root.authority('middle')
const below = middle.authority('below')
const id = general.uri('spiffe://prod.example/checkout')
const names = extension.names([id])

/** A leaf two authorities below the root. */
const leafWith = (parts: IssueParts = {}): PathCase => ({
  leaf: below.issue({
    ...parts,
    extensions: [names, ...(parts.extensions ?? [])].filter(
      (each, i, all) => all.findLastIndex((other) => other.id === each.id) === i,
    ),
  }).der,
  through: [middle.der, below.der],
  anchors: [root.der],
})
const good = () => leafWith()

/** A leaf below one authority that differs in this. */
function belowA(parts: IssueParts, leaf: IssueParts = {}, rules: PathCase['rules'] = {}): PathCase {
  const authority = root.authority('odd', parts)
  return {
    leaf: authority.issue({ extensions: [names], ...leaf }).der,
    through: [authority.der],
    anchors: [root.der],
    rules,
  }
}
const belowGood = () => belowA({})

/** A leaf below a root that differs in this. */
function underRoot(parts: IssueParts, leaf: IssueParts = {}, rules: PathCase['rules'] = {}): PathCase {
  const authority = createAuthority('odd root', parts)
  return { leaf: authority.issue({ extensions: [names], ...leaf }).der, anchors: [authority.der], rules }
}
const underGood = () => underRoot({})

type Row = readonly [what: string, twin: () => PathCase, defect: () => PathCase, code: string, clause: string]

const run = (rows: readonly Row[]) =>
  test.for(rows)('%s', async ([, twin, defect, code, clause]) => {
    await refusesOnly(findPath, twin(), defect(), { code: code as 'EXPIRED', clause }) // every code of the table
  })

const refused = 'CERTIFICATE_REFUSED'
const malformed = 'CREDENTIAL_MALFORMED'
const raw = (id: string, value: Buffer, critical = false): TestExtension => ({ id, value, critical })
const withRaw =
  (id: string, value: Buffer, critical = false) =>
  () =>
    leafWith({ extensions: [raw(id, value, critical)] })
const rsa = (bits: number, exponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent })
const rsaSha256 = sequence(oid('1.2.840.113549.1.1.11'), der(0x05))
const anyPolicy = '2.5.29.32.0'
const [gold, silver] = ['1.3.6.1.4.1.55738.7.1', '1.3.6.1.4.1.55738.7.2']

describe('validity (RFC 5280 §6.1.3)', () => {
  run([
    ['an expired leaf', good, () => leafWith({ notAfter: noon - 1_000 }), 'EXPIRED', 'rfc5280-6.1.3-not-after'],
    [
      'a leaf that is not valid yet',
      good,
      () => leafWith({ notBefore: noon + 1_000 }),
      'NOT_YET_VALID',
      'rfc5280-6.1.3-not-before',
    ],
    [
      'an expired intermediate',
      belowGood,
      () => belowA({ notAfter: noon - 1_000 }),
      'EXPIRED',
      'rfc5280-6.1.3-not-after',
    ],
    ['an expired anchor', underGood, () => underRoot({ notAfter: noon - 1_000 }), 'EXPIRED', 'rfc5280-6.1.3-not-after'],
    [
      'a second after the last',
      () => ({ ...leafWith({ notAfter: noon }), now: after(999) }),
      () => ({ ...leafWith({ notAfter: noon }), now: after(1_000) }),
      'EXPIRED',
      'rfc5280-6.1.3-not-after',
    ],
    [
      'a second before the first',
      () => ({ ...leafWith({ notBefore: noon }), now: noon }),
      () => ({ ...leafWith({ notBefore: noon }), now: after(-1) }),
      'NOT_YET_VALID',
      'rfc5280-6.1.3-not-before',
    ],
    ['no time at all', good, () => ({ ...good(), now: after(Number.NaN) }), 'EXPIRED', 'rfc5280-6.1.3-not-after'],
  ])
})

describe('who may issue (RFC 5280 §6.1.4)', () => {
  const leafAsIssuer = (): PathCase => {
    const workload = root.svid('spiffe://prod.example/mallory')
    const forged = createCertificate({ issuer: workload.subject, extensions: [names] }, workload.key.privateKey)
    return { leaf: forged.der, through: [workload.der], anchors: [root.der] }
  }
  run([
    ['a leaf that signs a leaf', belowGood, leafAsIssuer, refused, 'rfc5280-6.1.4-ca'],
    [
      'an issuer whose cA is false',
      belowGood,
      () => belowA({ extensions: [extension.basicConstraints(false)] }),
      refused,
      'rfc5280-6.1.4-ca',
    ],
    [
      'an issuer without basic constraints',
      belowGood,
      () => belowA({ without: ['2.5.29.19'] }),
      refused,
      'rfc5280-6.1.4-ca',
    ],
    [
      'an issuer whose key may not sign certificates',
      belowGood,
      () => belowA({ extensions: [extension.keyUsage(['cRLSign'])] }),
      refused,
      'rfc5280-6.1.4-key-cert-sign',
    ],
    [
      'an anchor that is no authority',
      underGood,
      () => underRoot({ without: ['2.5.29.19'] }),
      refused,
      'rfc5280-6.1.4-ca',
    ],
    [
      'a leaf that is its own anchor',
      underGood,
      () => {
        const self = createCertificate({ extensions: [names, extension.basicConstraints(true)] })
        return { leaf: self.der, anchors: [self.der] }
      },
      refused,
      'rfc5280-6.1-path',
    ],
    [
      'path length 0 with another authority below',
      () => ({ ...good(), rules: {} }),
      () => {
        const short = root.authority('short', { extensions: [extension.basicConstraints(true, 0)] })
        const last = short.authority('last')
        return { leaf: last.issue({ extensions: [names] }).der, through: [short.der, last.der], anchors: [root.der] }
      },
      refused,
      'rfc5280-6.1.4-path-length',
    ],
    [
      'path length of the anchor',
      () => underRoot({ extensions: [extension.basicConstraints(true, 0)] }),
      () => {
        const top = createAuthority('short root', { extensions: [extension.basicConstraints(true, 0)] })
        const last = top.authority('last')
        return { leaf: last.issue({ extensions: [names] }).der, through: [last.der], anchors: [top.der] }
      },
      refused,
      'rfc5280-6.1.4-path-length',
    ],
    [
      'more authorities than the rules allow',
      () => ({ ...good(), rules: { maximumIntermediates: 2 } }),
      () => ({ ...good(), rules: { maximumIntermediates: 1 } }),
      refused,
      'rfc5280-6.1-path',
    ],
    [
      'an intermediate that was not sent',
      good,
      () => ({ ...good(), through: [middle.der] }),
      refused,
      'rfc5280-6.1-path',
    ],
    ['an intermediate is no anchor', good, () => ({ ...good(), anchors: [] }), refused, 'rfc5280-6.1-path'],
  ])
})

describe('signatures', () => {
  const resigned = (make: (signed: Buffer) => Buffer, algorithm?: Buffer) => () =>
    leafWith({ sign: make, ...(algorithm && { signatureAlgorithm: algorithm }) })
  const byRoot = (parts: IssueParts) => () =>
    underRoot(parts, parts.signatureAlgorithm ? { signatureAlgorithm: parts.signatureAlgorithm } : {})
  run([
    [
      'a signature by another key',
      good,
      resigned((signed) => sign('sha256', signed, createKeyPair().privateKey)),
      'SIGNATURE_INVALID',
      'rfc5280-6.1.3-signature',
    ],
    ['an empty signature', good, resigned(() => Buffer.alloc(0)), 'SIGNATURE_INVALID', 'rfc5280-6.1.3-signature'],
    [
      'ECDSA with SHA-1',
      good,
      resigned((signed) => sign('sha1', signed, below.key.privateKey), sequence(oid('1.2.840.10045.4.1'))),
      refused,
      'rfc5280-4.1.1.2-signature-algorithm',
    ],
    [
      'a keyed hash by the public key',
      good,
      resigned((signed) => createHmac('sha256', 'public').update(signed).digest(), sequence(oid('1.2.840.113549.2.9'))),
      refused,
      'rfc5280-4.1.1.2-signature-algorithm',
    ],
    [
      'RSA claimed for an EC key',
      good,
      resigned(() => Buffer.alloc(256), rsaSha256),
      refused,
      'rfc5280-4.1.1.2-algorithm-of-key',
    ],
    [
      'two algorithms',
      good,
      () => leafWith({ innerAlgorithm: sequence(oid('1.2.840.10045.4.3.3')) }),
      malformed,
      'rfc5280-4.1.1.2-one-signature-algorithm',
    ],
    [
      'RSA of 1024 bits',
      byRoot({ key: rsa(2048), signatureAlgorithm: rsaSha256 }),
      byRoot({ key: rsa(1024), signatureAlgorithm: rsaSha256 }),
      refused,
      'nist-sp800-131a-rsa-bits',
    ],
    [
      'RSA of 2052 bits',
      byRoot({ key: rsa(2048), signatureAlgorithm: rsaSha256 }),
      byRoot({ key: rsa(2052), signatureAlgorithm: rsaSha256 }),
      refused,
      'nist-sp800-131a-rsa-bits',
    ],
    [
      'RSA with exponent 3',
      byRoot({ key: rsa(2048), signatureAlgorithm: rsaSha256 }),
      byRoot({ key: rsa(2048, 3), signatureAlgorithm: rsaSha256 }),
      refused,
      'rfc8017-3.1-rsa-exponent',
    ],
    [
      'P-224',
      byRoot({ key: createKeyPair('P-384') }),
      byRoot({ key: createKeyPair('P-224') }),
      refused,
      'rfc5480-2.1.1.1-named-curve',
    ],
    [
      'a leaf key on secp256k1',
      good,
      () => leafWith({ key: createKeyPair('secp256k1') }),
      refused,
      'rfc5480-2.1.1.1-named-curve',
    ],
    [
      'a leaf key of an unknown kind',
      good,
      () => leafWith({ key: generateKeyPairSync('x25519') }),
      refused,
      'rfc3279-2.3-key-algorithm',
    ],
    [
      'curve by its parameters',
      good,
      () =>
        leafWith({
          spki: sequence(sequence(oid('1.2.840.10045.2.1'), sequence(integer(1))), bits(Buffer.from([4, 1]))),
        }),
      refused,
      'rfc5480-2.1.1.1-named-curve',
    ],
    [
      'an anchor with a self-signature by SHA-1',
      underGood,
      () => underRoot({ signatureAlgorithm: sequence(oid('1.2.840.10045.4.1')) }),
      refused,
      'rfc5280-4.1.1.2-own-signature-algorithm',
    ],
    [
      'an anchor on no curve',
      underGood,
      () => {
        const bad = createAuthority('bad', {
          spki: sequence(
            sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
            bits(Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)])),
          ),
        })
        return { leaf: bad.issue({ extensions: [names] }).der, anchors: [bad.der] }
      },
      'SIGNATURE_INVALID',
      'rfc5280-6.1.3-signature',
    ],
  ])
})

describe('extensions', () => {
  const unknown = '1.3.6.1.4.1.55738.9'
  run([
    [
      'an unknown critical extension of the leaf',
      withRaw(unknown, integer(1)),
      withRaw(unknown, integer(1), true),
      refused,
      'rfc5280-4.2-critical-extension-known',
    ],
    [
      'of an intermediate',
      belowGood,
      () => belowA({ extensions: [raw(unknown, integer(1), true)] }),
      refused,
      'rfc5280-4.2-critical-extension-known',
    ],
    [
      'of the anchor',
      underGood,
      () => underRoot({ extensions: [raw(unknown, integer(1), true)] }),
      refused,
      'rfc5280-4.2-critical-extension-known',
    ],
    [
      'one that is read and not processed, critical',
      withRaw('1.3.6.1.5.5.7.1.1', sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), general.uri('http://ocsp.example')))),
      withRaw(
        '1.3.6.1.5.5.7.1.1',
        sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), general.uri('http://ocsp.example'))),
        true,
      ),
      refused,
      'rfc5280-4.2-critical-extension-known',
    ],
    [
      'one that stands twice',
      good,
      () => {
        const twice = below.issue({ extensions: [names] })
        return {
          ...good(),
          leaf: createCertificate(
            { issuer: below.subject, key: twice.key, extensions: [names, names] },
            below.key.privateKey,
          ).der,
        }
      },
      malformed,
      'rfc5280-4.2-extension-once',
    ],
  ])
  const rows: readonly (readonly [string, string, Buffer, Buffer, string])[] = [
    [
      'key usage without a bit',
      '2.5.29.15',
      bits(Buffer.from([0x80]), 7),
      bits(Buffer.alloc(0)),
      'rfc5280-4.2.1.3-key-usage',
    ],
    [
      'key usage with zero bits at its end',
      '2.5.29.15',
      bits(Buffer.from([0x80]), 7),
      bits(Buffer.from([0x80]), 6),
      'rfc5280-4.2.1.3-key-usage',
    ],
    [
      'key usage with unknown bits',
      '2.5.29.15',
      bits(Buffer.from([0x80, 0x80]), 7),
      bits(Buffer.from([0x80, 0x40]), 6),
      'rfc5280-4.2.1.3-key-usage',
    ],
    [
      'key usage that is no bit string',
      '2.5.29.15',
      bits(Buffer.from([0x80]), 7),
      octets(),
      'rfc5280-4.2.1.3-key-usage',
    ],
    ['no purposes', '2.5.29.37', sequence(oid(clientAuth)), sequence(), 'rfc5280-4.2.1.12-extended-key-usage'],
    ['cA FALSE written out', '2.5.29.19', sequence(), sequence(boolean(false)), 'rfc5280-4.2.1.9-basic-constraints'],
    ['path length without cA', '2.5.29.19', sequence(), sequence(integer(0)), 'rfc5280-4.2.1.9-basic-constraints'],
    [
      'bytes after the value',
      '2.5.29.19',
      sequence(),
      Buffer.concat([sequence(), Buffer.from([0])]),
      'rfc5280-4.2.1.9-basic-constraints',
    ],
    ['no alternative name', '2.5.29.17', sequence(id), sequence(), 'rfc5280-4.2.1.6-subject-alternative-name'],
    [
      'NUL in a name',
      '2.5.29.17',
      sequence(id),
      sequence(general.uri('spiffe://prod.example/a\0b')),
      'rfc5280-4.2.1.6-subject-alternative-name',
    ],
    [
      'a line end in a name',
      '2.5.29.17',
      sequence(id),
      sequence(general.dns('a.example\nb.example')),
      'rfc5280-4.2.1.6-subject-alternative-name',
    ],
    [
      'a name beyond ASCII',
      '2.5.29.17',
      sequence(id),
      sequence(general.dns('b\u00fccher.example')),
      'rfc5280-4.2.1.6-subject-alternative-name',
    ],
    [
      'an address of 5 octets',
      '2.5.29.17',
      sequence(general.ip(10, 0, 0, 1)),
      sequence(general.ip(10, 0, 0, 1, 0)),
      'rfc5280-4.2.1.6-subject-alternative-name',
    ],
    [
      'a name of no kind',
      '2.5.29.17',
      sequence(id),
      sequence(der(0x89, Buffer.from('x'))),
      'rfc5280-4.2.1.6-subject-alternative-name',
    ],
    [
      'bytes after a directory name',
      '2.5.29.17',
      sequence(general.directory(name('x'))),
      sequence(general.directory(Buffer.concat([name('x'), integer(1)]))),
      'rfc5280-4.2.1.6-subject-alternative-name',
    ],
    ['issuer names without one', '2.5.29.18', sequence(id), sequence(), 'rfc5280-4.2.1.7-issuer-alternative-name'],
    [
      'a key identifier with another field',
      '2.5.29.35',
      sequence(der(0x80, Buffer.from('1')), der(0xa1, general.dns('x')), integer(1, 0x82)),
      sequence(der(0x80, Buffer.from('1')), integer(1, 0x83)),
      'rfc5280-4.2.1.1-authority-key-identifier',
    ],
    [
      'an identifier that is no octets',
      '2.5.29.14',
      octets(Buffer.from('1')),
      integer(1),
      'rfc5280-4.2.1.2-subject-key-identifier',
    ],
    [
      'malformed information access',
      '1.3.6.1.5.5.7.1.1',
      sequence(sequence(oid('1.3.6.1.5.5.7.48.2'), general.uri('http://a'))),
      sequence(integer(1)),
      'rfc5280-4.2.2.1-authority-information-access',
    ],
    [
      'information access with another field',
      '1.3.6.1.5.5.7.1.1',
      sequence(sequence(oid('1.3.6.1.5.5.7.48.2'), general.uri('http://a'))),
      sequence(sequence(oid('1.3.6.1.5.5.7.48.2'), general.uri('http://a'), integer(1))),
      'rfc5280-4.2.2.1-authority-information-access',
    ],
    [
      'a policy twice',
      '2.5.29.32',
      sequence(sequence(oid(gold), sequence())),
      sequence(sequence(oid(gold)), sequence(oid(gold))),
      'rfc5280-4.2.1.4-certificate-policies',
    ],
    [
      'a policy with another field',
      '2.5.29.32',
      sequence(sequence(oid(gold))),
      sequence(sequence(oid(gold), sequence(), integer(1))),
      'rfc5280-4.2.1.4-certificate-policies',
    ],
    [
      'a mapping with another field',
      '2.5.29.33',
      sequence(sequence(oid(gold), oid(silver))),
      sequence(sequence(oid(gold), oid(silver), integer(1))),
      'rfc5280-4.2.1.5-policy-mappings',
    ],
    [
      'no policy constraint',
      '2.5.29.36',
      sequence(integer(9, 0x80)),
      sequence(),
      'rfc5280-4.2.1.11-policy-constraints',
    ],
    [
      'another policy constraint',
      '2.5.29.36',
      sequence(integer(9, 0x81)),
      sequence(integer(9, 0x82)),
      'rfc5280-4.2.1.11-policy-constraints',
    ],
    ['a negative number of certificates', '2.5.29.54', integer(9), integer(-1), 'rfc5280-4.2.1.14-inhibit-any-policy'],
  ]
  const critical = new Set(['2.5.29.36', '2.5.29.54'])
  test.for(rows)('%s', async ([, id, twin, defect, clause]) => {
    const at = critical.has(id)
    await refusesOnly(findPath, withRaw(id, twin, at)(), withRaw(id, defect, at)(), { code: malformed, clause })
  })
})

describe('the form of a certificate', () => {
  const altered = (change: (leaf: Buffer) => Buffer) => (): PathCase => ({ ...good(), leaf: change(good().leaf) })
  const utc = (value: string) => text(0x17, value)
  const validity = (from: Buffer, to: Buffer) => () => leafWith({ validity: sequence(from, to) })
  const [from, to] = [utc('260101000000Z'), utc('270101000000Z')]
  const goodTimes = validity(from, to)
  run([
    [
      'a byte more',
      good,
      altered((leaf) => Buffer.concat([leaf, Buffer.from([0])])),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    ['a byte less', good, altered((leaf) => leaf.subarray(0, -1)), malformed, 'rfc5280-4.1-certificate'],
    [
      'an indefinite length',
      good,
      altered((leaf) => Buffer.concat([Buffer.from([0x30, 0x80]), leaf.subarray(4), Buffer.from([0, 0])])),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    ['megabytes', good, altered(() => Buffer.alloc(65_537)), malformed, 'x509-certificate-length'],
    [
      'version 1',
      good,
      () => ({ ...good(), leaf: createCertificate({ issuer: below.subject, version: 1 }, below.key.privateKey).der }),
      malformed,
      'rfc5280-4.1.2.1-version',
    ],
    ['version 2', good, () => leafWith({ version: 2 }), malformed, 'rfc5280-4.1.2.1-version'],
    ['a time without seconds', goodTimes, validity(utc('2601010000Z'), to), malformed, 'rfc5280-4.1-certificate'],
    ['a time with an offset', goodTimes, validity(utc('260101000000+0100'), to), malformed, 'rfc5280-4.1-certificate'],
    ['30 February', goodTimes, validity(utc('260230000000Z'), to), malformed, 'rfc5280-4.1-certificate'],
    [
      'GeneralizedTime before 2050',
      goodTimes,
      validity(text(0x18, '20260101000000Z'), to),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    [
      'a fraction of a second',
      validity(from, text(0x18, '20500101000000Z')),
      validity(from, text(0x18, '20500101000000.5Z')),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    [
      'another field beside the times',
      goodTimes,
      () => leafWith({ validity: sequence(from, to, to) }),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    [
      'an attribute without a value',
      good,
      () => leafWith({ subject: name(sequence(oid('2.5.4.3'))) }),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    [
      'an attribute with two values',
      good,
      () => leafWith({ subject: name(sequence(oid('2.5.4.3'), text(0x0c, 'a'), text(0x0c, 'b'))) }),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    [
      'a part of a name that is empty',
      good,
      () => leafWith({ subject: sequence(der(0x31)) }),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    [
      'a name that is no UTF-8',
      good,
      () => leafWith({ subject: name(sequence(oid('2.5.4.3'), text(0x0c, '\xff'))) }),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    [
      'half a character',
      () => leafWith({ subject: name(sequence(oid('2.5.4.3'), text(0x1e, '\0a'))) }),
      () => leafWith({ subject: name(sequence(oid('2.5.4.3'), text(0x1e, '\0a\0'))) }),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    [
      'a key of a broken octet',
      good,
      () => leafWith({ spki: sequence(sequence(oid('1.3.101.112')), bits(Buffer.alloc(32), 1)) }),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    [
      'an RSA key with parameters',
      good,
      () =>
        leafWith({
          spki: sequence(
            sequence(oid('1.2.840.113549.1.1.1'), der(0x05), der(0x05)),
            bits(sequence(integer(5), integer(3))),
          ),
        }),
      malformed,
      'rfc5280-4.1-certificate',
    ],
    [
      'an RSA key with another number',
      good,
      () =>
        leafWith({
          spki: sequence(
            sequence(oid('1.2.840.113549.1.1.1'), der(0x05)),
            bits(sequence(integer(5), integer(3), integer(3))),
          ),
        }),
      malformed,
      'rfc5280-4.1-certificate',
    ],
  ])
})

describe('the profile of issuers (RFC 5280 §4)', () => {
  run([
    ['serial number 0', good, () => leafWith({ serial: 0n }), refused, 'rfc5280-4.1.2.2-serial-number'],
    ['a negative serial number', good, () => leafWith({ serial: -1n }), refused, 'rfc5280-4.1.2.2-serial-number'],
    [
      'a serial number of 21 octets',
      () => leafWith({ serial: 2n ** 159n - 1n }),
      () => leafWith({ serial: 2n ** 159n }),
      refused,
      'rfc5280-4.1.2.2-serial-number',
    ],
    [
      'an issuer without a name',
      underGood,
      () => underRoot({ subject: name() }, { subject: name('x') }),
      refused,
      'rfc5280-4.1.2.4-issuer-named',
    ],
    [
      'a leaf without a name and an uncritical alternative',
      () => leafWith({ subject: name(), extensions: [extension.names([id], true)] }),
      () => leafWith({ subject: name() }),
      refused,
      'rfc5280-4.1.2.6-only-name-critical',
    ],
    [
      'no authority key identifier',
      good,
      () => leafWith({ without: ['2.5.29.35'] }),
      refused,
      'rfc5280-4.2.1.1-key-identifier-present',
    ],
    [
      'a critical authority key identifier',
      good,
      () => leafWith({ extensions: [{ ...extension.authorityKeyId(below.key.publicKey), critical: true }] }),
      refused,
      'rfc5280-4.2.1.1-not-critical',
    ],
    [
      'an authority without a key identifier',
      belowGood,
      () => belowA({ without: ['2.5.29.14'] }),
      refused,
      'rfc5280-4.2.1.2-key-identifier-present',
    ],
    [
      'a critical subject key identifier',
      underGood,
      () => underRoot({ extensions: [raw('2.5.29.14', octets(Buffer.from('1')), true)] }),
      refused,
      'rfc5280-4.2.1.2-not-critical',
    ],
    [
      'an authority without a key usage',
      belowGood,
      () => belowA({ without: ['2.5.29.15'] }),
      refused,
      'rfc5280-4.2.1.3-authority-key-usage',
    ],
    [
      'keyCertSign of a leaf',
      good,
      () => leafWith({ extensions: [extension.keyUsage(['digitalSignature', 'keyCertSign'])] }),
      refused,
      'rfc5280-4.2.1.3-key-cert-sign-of-authority',
    ],
    [
      'a malformed DNS name',
      () => leafWith({ extensions: [extension.names([general.dns('*.example.com')])] }),
      () => leafWith({ extensions: [extension.names([general.dns('.example.com')])] }),
      refused,
      'rfc5280-4.2.1.6-dns-name',
    ],
    [
      'basic constraints of an authority that are not critical',
      belowGood,
      () => belowA({ extensions: [extension.basicConstraints(true, undefined, false)] }),
      refused,
      'rfc5280-4.2.1.9-authority-critical',
    ],
    [
      'name constraints of a leaf',
      good,
      () => leafWith({ extensions: [extension.nameConstraints({ permitted: [general.dns('example.com')] })] }),
      refused,
      'rfc5280-4.2.1.10-authority-critical',
    ],
    [
      'name constraints that are not critical',
      () => belowA({ extensions: [extension.nameConstraints({ permitted: [general.dns('a.example')] })] }),
      () => belowA({ extensions: [extension.nameConstraints({ permitted: [general.dns('a.example')] }, false)] }),
      refused,
      'rfc5280-4.2.1.10-authority-critical',
    ],
    [
      'policy constraints that are not critical',
      () => belowA({ extensions: [extension.policyConstraints({ requireExplicit: 5 })] }),
      () => belowA({ extensions: [extension.policyConstraints({ requireExplicit: 5 }, false)] }),
      refused,
      'rfc5280-4.2.1.11-critical',
    ],
    [
      'inhibit anyPolicy that is not critical',
      () => belowA({ extensions: [extension.inhibitAnyPolicy(5)] }),
      () => belowA({ extensions: [extension.inhibitAnyPolicy(5, false)] }),
      refused,
      'rfc5280-4.2.1.14-critical',
    ],
  ])
})

describe('purposes (RFC 5280 §4.2.1.12)', () => {
  const asking = (one: PathCase): PathCase => ({ ...one, rules: { purpose: clientAuth } })
  const email = '1.3.6.1.5.5.7.3.4'
  run([
    [
      'a leaf for servers alone',
      () => asking(good()),
      () => asking(leafWith({ extensions: [extension.purposes(serverAuth)] })),
      refused,
      'rfc5280-4.2.1.12-purpose',
    ],
    [
      'an authority for mail alone',
      () => asking(belowA({ extensions: [extension.purposes('2.5.29.37.0')] })),
      () => asking(belowA({ extensions: [extension.purposes(email)] })),
      refused,
      'rfc5280-4.2.1.12-purpose',
    ],
    [
      'nothing that leaf and authority share',
      () => belowA({ extensions: [extension.purposes(clientAuth)] }),
      () => belowA({ extensions: [extension.purposes(email)] }),
      refused,
      'rfc5280-4.2.1.12-purpose',
    ],
  ])
})

describe('policies (RFC 5280 §6.1, RFC 9618)', () => {
  const explicit = extension.policyConstraints({ requireExplicit: 0 })
  const chain = (authority: readonly TestExtension[], leaf: readonly TestExtension[]) => () =>
    belowA({ extensions: authority }, { extensions: [names, ...leaf] })
  /** root → upper → lower → leaf. */
  const long =
    (upper: readonly TestExtension[], lower: readonly TestExtension[], leaf: readonly TestExtension[]) =>
    (): PathCase => {
      const first = root.authority('upper', { extensions: upper })
      const second = first.authority('lower', { extensions: lower })
      return {
        leaf: second.issue({ extensions: [names, ...leaf] }).der,
        through: [second.der, first.der],
        anchors: [root.der],
      }
    }
  const of = extension.policies
  /** root → upper, where anyPolicy is inhibited → the same again, self-issued → leaf. */
  const selfIssued = (again: readonly TestExtension[], leaf: readonly TestExtension[]) => (): PathCase => {
    const first = root.authority('upper', { extensions: [explicit, of(gold), extension.inhibitAnyPolicy(0)] })
    const second = first.authority('upper', { extensions: again })
    return {
      leaf: second.issue({ extensions: [names, ...leaf] }).der,
      through: [second.der, first.der],
      anchors: [root.der],
    }
  }
  const explicitNow = 'rfc5280-6.1.3-explicit-policy'
  run([
    [
      'an explicit policy that the leaf has not',
      chain([explicit, of(gold)], [of(gold)]),
      chain([explicit, of(gold)], []),
      refused,
      explicitNow,
    ],
    [
      'another policy',
      chain([explicit, of(gold)], [of(gold)]),
      chain([explicit, of(gold)], [of(silver)]),
      refused,
      explicitNow,
    ],
    [
      'no policy of the authority',
      chain([explicit, of(anyPolicy)], [of(gold)]),
      chain([explicit], [of(gold)]),
      refused,
      explicitNow,
    ],
    [
      'a policy wanted by the leaf itself',
      chain([of(gold)], [of(gold), explicit]),
      chain([of(gold)], [explicit]),
      refused,
      'rfc5280-6.1.5-explicit-policy',
    ],
    [
      'a policy wanted from one certificate on',
      chain([of(gold), extension.policyConstraints({ requireExplicit: 2 })], []),
      chain([of(gold), extension.policyConstraints({ requireExplicit: 1 })], []),
      refused,
      'rfc5280-6.1.5-explicit-policy',
    ],
    [
      'anyPolicy inhibited',
      chain([explicit, of(gold)], [of(anyPolicy)]),
      chain([explicit, of(gold), extension.inhibitAnyPolicy(0)], [of(anyPolicy)]),
      refused,
      explicitNow,
    ],
    [
      'a mapped policy under its old name',
      long([explicit, of(gold)], [of(gold), extension.policyMappings([gold, silver])], [of(silver)]),
      long([explicit, of(gold)], [of(gold), extension.policyMappings([gold, silver])], [of(gold)]),
      refused,
      explicitNow,
    ],
    [
      'mapping inhibited',
      long([explicit, of(gold)], [of(gold), extension.policyMappings([gold, silver])], [of(silver)]),
      long(
        [extension.policyConstraints({ requireExplicit: 0, inhibitMapping: 0 }), of(gold)],
        [of(gold), extension.policyMappings([gold, silver])],
        [of(silver)],
      ),
      refused,
      explicitNow,
    ],
    [
      'a policy mapped out of anyPolicy',
      long([explicit, of(anyPolicy)], [of(anyPolicy), extension.policyMappings([gold, silver])], [of(silver)]),
      long([explicit, of(gold)], [of(gold), extension.policyMappings([silver, gold])], [of(silver)]),
      refused,
      explicitNow,
    ],
    [
      'anyPolicy mapped',
      chain([of(gold), extension.policyMappings([gold, silver])], []),
      chain([of(gold), extension.policyMappings([anyPolicy, silver])], []),
      refused,
      'rfc5280-6.1.4-any-policy-not-mapped',
    ],
    [
      'anyPolicy inhibited, for a leaf; a self-issued authority is free',
      selfIssued([of(anyPolicy)], [of(gold)]),
      selfIssued([of(anyPolicy)], [of(anyPolicy)]),
      refused,
      explicitNow,
    ],
    [
      'anyPolicy beside a policy of its own',
      chain([explicit, of(gold)], [of(anyPolicy, gold)]),
      chain([explicit, of(gold), extension.inhibitAnyPolicy(0)], [of(anyPolicy, silver)]),
      refused,
      explicitNow,
    ],
  ])
})
