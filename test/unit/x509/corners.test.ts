import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { nameText } from '../../../pdp/x509/name-text.ts'
import { readCertificate } from '../../../pdp/x509/read-certificate.ts'
import { readPem } from '../../../pdp/x509/read-pem.ts'
import { createAuthority, extension, general, type KeyPair, name, pemOf } from '../../support/certificates.ts'
import { bits, boolean, der, integer, octets, oid, sequence, text } from '../../support/der.ts'
import { refusesOnly } from '../../support/twin.ts'
import { findPath, type PathCase } from '../../support/x509-case.ts'

const names = extension.names([general.uri('spiffe://prod.example/checkout')])
const root = createAuthority('root')
const good = (): PathCase => ({ leaf: root.issue({ extensions: [names] }).der, anchors: [root.der] })

describe('algorithms that are accepted', () => {
  const pss = (hash: string, size: number) => {
    const digest = sequence(oid(hash), der(0x05))
    const mask = sequence(oid('1.2.840.113549.1.1.8'), digest)
    return sequence(
      oid('1.2.840.113549.1.1.10'),
      sequence(der(0xa0, digest), der(0xa1, mask), der(0xa2, integer(size))),
    )
  }
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ed25519 = generateKeyPairSync('ed25519')
  const ec384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const sha = '2.16.840.1.101.3.4.2.'
  test.for<readonly [string, KeyPair, Buffer, (signed: Buffer) => Buffer]>([
    ['Ed25519', ed25519, sequence(oid('1.3.101.112')), (signed) => sign(null, signed, ed25519.privateKey)],
    [
      'ECDSA with SHA-384',
      ec384,
      sequence(oid('1.2.840.10045.4.3.3')),
      (signed) => sign('sha384', signed, ec384.privateKey),
    ],
    [
      'RSA without NULL',
      rsa,
      sequence(oid('1.2.840.113549.1.1.13')),
      (signed) => sign('sha512', signed, rsa.privateKey),
    ],
    ...(['sha256', 'sha384', 'sha512'] as const).map((hash, i) => {
      const saltLength = [32, 48, 64][i] ?? 0
      const signWith = (signed: Buffer) => sign(hash, signed, { key: rsa.privateKey, padding: 6, saltLength })
      return [`RSASSA-PSS with ${hash}`, rsa, pss(`${sha}${i + 1}`, saltLength), signWith] as const
    }),
  ])('%s', ([, key, signatureAlgorithm, signWith]) => {
    const authority = createAuthority('other', { key, signatureAlgorithm, sign: signWith })
    const leaf = authority.issue({ key, signatureAlgorithm, sign: signWith, extensions: [names] })
    expect(findPath({ leaf: leaf.der, anchors: [authority.der] })).toMatchObject({ ok: true })
  })

  test('a salt of another length than its parameters say', async () => {
    const algorithm = pss(`${sha}1`, 32)
    const issue = (saltLength: number): PathCase => {
      const signWith = (signed: Buffer) => sign('sha256', signed, { key: rsa.privateKey, padding: 6, saltLength })
      const parts = { key: rsa, signatureAlgorithm: algorithm, sign: signWith }
      const authority = createAuthority('other', parts)
      return { leaf: authority.issue({ ...parts, extensions: [names] }).der, anchors: [authority.der] }
    }
    await refusesOnly(findPath, issue(32), issue(20), { code: 'SIGNATURE_INVALID', clause: 'rfc5280-6.1.3-signature' })
  })
})

describe('forms', () => {
  const raw = (...rawExtensions: readonly Buffer[]): PathCase => ({
    leaf: root.issue({ extensions: [names], rawExtensions }).der,
    anchors: [root.der],
  })
  const unknown = oid('1.3.6.1.4.1.55738.9')
  const malformed = { code: 'CREDENTIAL_MALFORMED', clause: 'rfc5280-4.1-certificate' } as const

  test.for<readonly [string, PathCase]>([
    ['FALSE written out', raw(sequence(unknown, boolean(false), octets()))],
    ['another field in an extension', raw(sequence(unknown, octets(), integer(1)))],
    ['an extension without a value', raw(sequence(unknown))],
    [
      'bytes after the extensions',
      { ...good(), leaf: root.issue({ extensions: [names], afterExtensions: integer(1) }).der },
    ],
  ])('%s', async ([, defect]) => {
    await refusesOnly(findPath, raw(sequence(unknown, octets())), defect, malformed)
  })

  test('Ed25519 with parameters is of an unknown kind', async () => {
    const spki = sequence(sequence(oid('1.3.101.112'), der(0x05)), bits(Buffer.alloc(32)))
    const defect = { leaf: root.issue({ extensions: [names], spki }).der, anchors: [root.der] }
    await refusesOnly(findPath, good(), defect, { code: 'CERTIFICATE_REFUSED', clause: 'rfc3279-2.3-key-algorithm' })
  })

  test('limits beyond any path are limits', () => {
    const authority = root.authority('wide', {
      extensions: [
        extension.basicConstraints(true, 100_000),
        extension.policyConstraints({ requireExplicit: 100_000, inhibitMapping: 100_000 }),
        extension.inhibitAnyPolicy(100_000),
      ],
    })
    const leaf = authority.issue({ extensions: [names] })
    expect(findPath({ leaf: leaf.der, through: [authority.der], anchors: [root.der] })).toMatchObject({ ok: true })
  })

  test('in the profile of leaves a malformed DNS name of an authority cannot be compared', async () => {
    const top = createAuthority('top', {
      extensions: [extension.nameConstraints({ permitted: [general.dns('example.com')] })],
    })
    const below = (value: string): PathCase => {
      const authority = top.authority('below', { extensions: [extension.names([general.dns(value)])] })
      const leaf = authority.issue({ extensions: [names] })
      return { leaf: leaf.der, through: [authority.der], anchors: [top.der], rules: { profile: 'leaf' } }
    }
    await refusesOnly(findPath, below('a.example.com'), below('.example.com'), {
      code: 'CERTIFICATE_REFUSED',
      clause: 'rfc5280-4.2.1.10-name-form-processed',
    })
  })

  test('a mailbox in the subject that is no text cannot be compared', async () => {
    const top = createAuthority('top', {
      extensions: [extension.nameConstraints({ permitted: [general.email('example.com')] })],
    })
    const under = (value: Buffer): PathCase => ({
      leaf: top.issue({ subject: name(sequence(oid('1.2.840.113549.1.9.1'), value)) }).der,
      anchors: [top.der],
    })
    await refusesOnly(findPath, under(text(0x16, 'a@example.com')), under(integer(1)), {
      code: 'CERTIFICATE_REFUSED',
      clause: 'rfc5280-4.2.1.10-name-form-processed',
    })
  })
})

test('the text of a name (RFC 4514)', () => {
  const attribute = (type: string, value: Buffer) => sequence(oid(type), value)
  const subject = name(
    attribute('2.5.4.10', text(0x13, 'Example, Inc.')),
    attribute('1.2.3.4', integer(5)),
    attribute('2.5.4.3', text(0x0c, '#a+b="c" \\ ')),
    attribute('2.5.4.11', text(0x0c, 'line\nend')),
  )
  const read = readCertificate(root.issue({ subject }).der)
  expect(read.ok && nameText(read.value.subject)).toBe(
    String.raw`OU=line\0aend,CN=\#a\+b\=\"c\" \\\ ,1.2.3.4=#020105,O=Example\, Inc.`,
  )
})

describe('PEM (RFC 7468)', () => {
  const one = pemOf(root)
  const code = 'CREDENTIAL_MALFORMED'
  test.for<readonly [string, string, string, string]>([
    ['nothing', one, '', 'rfc7468-5-certificate'],
    ['text before', one, `x${one}`, 'rfc7468-5-certificate'],
    ['a blank line between', one + one, `${one}\n${one}`, 'rfc7468-5-certificate'],
    ['another label', one, one.replaceAll('CERTIFICATE', 'X509 CRL'), 'rfc7468-5-certificate'],
    ['no end', one, one.slice(0, -26), 'rfc7468-5-certificate'],
    ['a blank in a line', one.replaceAll('\n', '\r\n'), one.replace('MII', 'M II'), 'rfc7468-5-certificate'],
    [
      'bits left over',
      '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
      '-----BEGIN CERTIFICATE-----\nMAB=\n-----END CERTIFICATE-----\n',
      'rfc7468-5-certificate',
    ],
    ['one too many', one.repeat(3), one.repeat(4), 'x509-chain-length'],
  ])('%s', async ([, twin, defect, clause]) => {
    await refusesOnly((pem: string) => readPem(pem, 3), twin, defect, { code, clause })
  })
})
