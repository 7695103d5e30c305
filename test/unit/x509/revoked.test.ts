import { describe, test } from 'vitest'
import {
  createCertificateList,
  crlNumber as number,
  listExtension as extensionOf,
  type ListParts,
} from '../../support/certificate-lists.ts'
import { createAuthority, extension, general, type TestAuthority } from '../../support/certificates.ts'
import { noon } from '../../support/clock.ts'
import { integer, octets, oid, sequence, text, time } from '../../support/der.ts'
import { refusesOnly } from '../../support/twin.ts'
import { findPath, type PathCase } from '../../support/x509-case.ts'

const root = createAuthority('root')
const middle = root.authority('middle', { serial: 77n })
const names = extension.names([general.uri('spiffe://prod.example/checkout')])
const leaf = middle.issue({ serial: 99n, extensions: [names] })

const listOf = (parts: ListParts & { readonly by?: TestAuthority } = {}) => {
  const { by = middle, ...others } = parts
  return createCertificateList(by, others)
}

const withList = (parts: Parameters<typeof listOf>[0], ...more: readonly Buffer[]): PathCase => ({
  leaf: leaf.der,
  through: [middle.der],
  anchors: [root.der],
  lists: [listOf(parts), ...more],
})
const good = () => withList({ revoked: [1, 2] })

describe('lists of revoked certificates (RFC 5280 §5, §6.3)', () => {
  test.for([
    ['the leaf is on it', () => withList({ revoked: [1, 99] }), 'REVOKED', 'rfc5280-6.3.3-revoked'],
    ['the intermediate is on it', () => withList({ by: root, revoked: [77] }), 'REVOKED', 'rfc5280-6.3.3-revoked'],
    ['on the second list', () => withList({}, listOf({ revoked: [99] })), 'REVOKED', 'rfc5280-6.3.3-revoked'],
    ['signed by another', () => withList({ signer: root }), 'TRUST_UNAVAILABLE', 'rfc5280-6.3.3-list-signature'],
    [
      'out of date',
      () => withList({ nextUpdate: time(noon - 1_000) }),
      'TRUST_UNAVAILABLE',
      'rfc5280-6.3.3-list-current',
    ],
    ['of tomorrow', () => withList({ thisUpdate: noon + 1_000 }), 'TRUST_UNAVAILABLE', 'rfc5280-6.3.3-list-current'],
  ] as const)('%s', async ([, defect, code, clause]) => {
    await refusesOnly(findPath, good(), defect(), { code, clause })
  })

  test.for([
    ['no next update', { nextUpdate: Buffer.alloc(0) }],
    ['version 1', { version: Buffer.alloc(0) }],
    ['version 3', { version: integer(2) }],
    ['no number', { extensions: [extensionOf('2.5.29.35', sequence())] }],
    ['a negative number', { extensions: [extensionOf('2.5.29.20', integer(-1))] }],
    ['a number that is critical', { extensions: [extensionOf('2.5.29.20', integer(1), true)] }],
    ['a delta', { extensions: [number, extensionOf('2.5.29.27', integer(1), true)] }],
    ['two numbers', { extensions: [number, number] }],
    ['no extension', { extensions: [] }],
    [
      'an entry with a critical extension',
      { revoked: [1], entry: sequence(extensionOf('2.5.29.29', sequence(), true)) },
    ],
    ['an entry with another field', { revoked: [1], entry: Buffer.concat([sequence(number), integer(1)]) }],
    ['an extension with another field', { extensions: [sequence(oid('2.5.29.20'), octets(integer(1)), integer(1))] }],
    ['two algorithms', { inner: sequence(oid('1.2.840.10045.4.3.3')) }],
    ['bytes after it', { tail: text(0x0c, 'x') }],
  ] as const)('malformed: %s', async ([, parts]) => {
    const twin = withList({ revoked: [1], entry: sequence(extensionOf('2.5.29.21', Buffer.from([0x0a, 1, 1]))) })
    await refusesOnly(findPath, twin, withList(parts), {
      code: 'CREDENTIAL_MALFORMED',
      clause: 'rfc5280-5.1-certificate-list',
    })
  })

  test('bytes after the whole list', async () => {
    const longer = { ...good(), lists: [Buffer.concat([listOf(), Buffer.from([0])])] }
    await refusesOnly(findPath, good(), longer, {
      code: 'CREDENTIAL_MALFORMED',
      clause: 'rfc5280-5.1-certificate-list',
    })
  })

  test('an issuer whose key may not sign lists', async () => {
    const mute = root.authority('mute', { extensions: [extension.keyUsage(['keyCertSign'])] })
    const below = mute.issue({ extensions: [names] })
    const one = { leaf: below.der, through: [mute.der], anchors: [root.der] }
    const foreign = { ...one, lists: [listOf()] } // of an issuer that is not in this path
    await refusesOnly(
      findPath,
      foreign,
      { ...one, lists: [listOf({ by: mute })] },
      {
        code: 'TRUST_UNAVAILABLE',
        clause: 'rfc5280-6.3.3-crl-sign',
      },
    )
  })
})
