import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ok, type Result } from '../../../pdp/core/result.ts'
import { withDefiniteLengths } from '../../../pdp/x509/definite-lengths.ts'
import { readCertificate } from '../../../pdp/x509/read-certificate.ts'
import { readSignedData, readSignedText } from '../../../pdp/x509/read-signed-data.ts'
import { isOfSigner, type SignedData } from '../../../pdp/x509/signed-data.ts'
import { verifySignature } from '../../../pdp/x509/verify-signature.ts'
import { createCertificate, extension, name } from '../../support/certificates.ts'
import { der, octets, oid, sequence, set } from '../../support/der.ts'
import {
  attribute,
  createRsaKeyPair,
  createSignedData,
  issuerAndSerial,
  sha256WithRsa,
  signedByRsa,
  type SignedDataParts,
  streamed,
} from '../../support/signed-data.ts'
import { refusesOnly } from '../../support/twin.ts'

const key = createRsaKeyPair()
const subject = name('metadata.example')
const certificate = createCertificate({
  subject,
  key,
  serial: 77n,
  extensions: [extension.subjectKeyId(key.publicKey)],
  ...signedByRsa(key),
})
const good: SignedDataParts = {
  content: '{"vmId":"1"}',
  key,
  signer: issuerAndSerial(subject, 77n),
  certificates: [certificate.der],
}
const made = (parts: Partial<SignedDataParts> = {}): Buffer => createSignedData({ ...good, ...parts })

/** Reads, and checks with the key of the certificate above. */
function open(bytes: Buffer): Result<SignedData> {
  const data = readSignedData(bytes)
  if (!data.ok) return data
  const leaf = readCertificate(certificate.der)
  if (!leaf.ok) throw new Error('the certificate of the test cannot be read')
  return verifySignature(data.value.signature, leaf.value.publicKey) ?? ok(data.value)
}

test('signed data is its content, its signer and its bag', () => {
  const data = open(made())
  expect(data).toMatchObject({
    ok: true,
    value: { content: Buffer.from('{"vmId":"1"}'), certificates: [certificate.der] },
  })
  const leaf = readCertificate(certificate.der)
  expect(data.ok && leaf.ok && isOfSigner(leaf.value, data.value.signer)).toBe(true)
})

test.each<[string, Partial<SignedDataParts>]>([
  ['no signed attributes', { attributes: 'none' }],
  ['no certificates', { certificates: [] }],
  ['the algorithm of the signature as digest', { digestAlgorithm: sha256WithRsa, attributes: 'none' }],
  ['the whole algorithm as that of the signature', { signatureAlgorithm: sha256WithRsa }],
  ['unsigned attributes', { unsigned: attribute.signingTime() }],
])('good with %s, streamed or not', (_name, parts) => {
  expect(open(made(parts))).toMatchObject({ ok: true })
  expect(open(streamed(made(parts)))).toMatchObject({ ok: true, value: { content: Buffer.from('{"vmId":"1"}') } })
})

test('a signer named by key is that of the certificate with the key, and no other', () => {
  const keyId = extension.subjectKeyId(key.publicKey).value.subarray(2)
  const leaf = readCertificate(certificate.der)
  const other = readCertificate(createCertificate({ subject, serial: 78n }).der)
  if (!leaf.ok || !other.ok) throw new Error('a certificate of the test cannot be read')
  const data = open(made({ signer: der(0x80, keyId) }))
  expect(data.ok && isOfSigner(leaf.value, data.value.signer)).toBe(true)
  expect(data.ok && isOfSigner(other.value, data.value.signer)).toBe(false)
  const named = open(made())
  expect(named.ok && isOfSigner(other.value, named.value.signer)).toBe(false)
})

test('what OpenSSL signs is read, and nothing else under its signature', () => {
  const { certificate, messages } = JSON.parse(
    readFileSync(new URL('../../vectors/x509/signed-data.json', import.meta.url), 'utf8'),
  ) as { readonly certificate: string; readonly messages: Readonly<Record<string, string>> }
  const leaf = readCertificate(Buffer.from(certificate, 'base64'))
  if (!leaf.ok) throw new Error('the certificate of the vectors cannot be read')
  expect(Object.keys(messages)).toHaveLength(3)
  for (const [name, text] of Object.entries(messages)) {
    const data = readSignedText(text)
    if (!data.ok) throw new Error(`${name}: ${data.clause}`)
    expect(data.value.content.toString(), name).toBe('{"a":1}')
    expect(isOfSigner(leaf.value, data.value.signer), name).toBe(true)
    expect(verifySignature(data.value.signature, leaf.value.publicKey), name).toBeUndefined()
  }
})

const rsaPss = sequence(oid('1.2.840.113549.1.1.10'))
const sha1 = sequence(oid('1.3.14.3.2.26'), Buffer.from([5, 0]))
const attributes = (...of: readonly Buffer[]) => ({ attributes: of })
const { contentType, messageDigest } = attribute

test.each<[string, Buffer, string, string]>([
  [
    'content other than what was signed',
    made({ shown: '{"vmId":"2"}' }),
    'SIGNATURE_INVALID',
    'rfc5652-11.2-message-digest',
  ],
  [
    'the same without attributes',
    made({ shown: '{"vmId":"2"}', attributes: 'none' }),
    'SIGNATURE_INVALID',
    'rfc5280-6.1.3-signature',
  ],
  ['the key of somebody else', made({ key: createRsaKeyPair() }), 'SIGNATURE_INVALID', 'rfc5280-6.1.3-signature'],
  ['no content', made({ withoutContent: true }), 'CREDENTIAL_MALFORMED', 'rfc5652-5.2-content-there'],
  ['two signers', made({ signers: 2 }), 'CREDENTIAL_MALFORMED', 'rfc5652-5.1-one-signer'],
  ['no signer', made({ signers: 0 }), 'CREDENTIAL_MALFORMED', 'rfc5652-5.1-signed-data'],
  [
    'content of another type',
    made({ contentType: '1.2.840.113549.1.7.5' }),
    'CREDENTIAL_MALFORMED',
    'rfc5652-5.1-signed-data',
  ],
  [
    'eleven certificates',
    made({ certificates: Array.from({ length: 11 }, () => sequence()) }),
    'CREDENTIAL_MALFORMED',
    'rfc5652-5.1-signed-data',
  ],
  ['SHA-1', made({ digestAlgorithm: sha1 }), 'CREDENTIAL_REFUSED', 'rfc5652-5.3-signature-algorithm'],
  ['RSA-PSS', made({ signatureAlgorithm: rsaPss }), 'CREDENTIAL_REFUSED', 'rfc5652-5.3-signature-algorithm'],
  [
    'another hash in the signature than of the content',
    made({ signatureAlgorithm: sequence(oid('1.2.840.113549.1.1.12'), Buffer.from([5, 0])) }),
    'CREDENTIAL_REFUSED',
    'rfc5652-5.3-signature-algorithm',
  ],
  ['attributes without a digest', made(attributes(contentType())), 'CREDENTIAL_MALFORMED', 'rfc5652-11-attributes'],
  [
    'attributes without a type',
    made(attributes(messageDigest(good.content))),
    'CREDENTIAL_MALFORMED',
    'rfc5652-11-attributes',
  ],
  [
    'a hash with parameters',
    made({ digestAlgorithm: sequence(oid('2.16.840.1.101.3.4.2.1'), Buffer.from([5, 1, 0])) }),
    'CREDENTIAL_MALFORMED',
    'rfc5652-5.1-signed-data',
  ],
  [
    'a hash with more than parameters',
    made({ digestAlgorithm: sequence(oid('2.16.840.1.101.3.4.2.1'), Buffer.from([5, 0, 5, 0])) }),
    'CREDENTIAL_MALFORMED',
    'rfc5652-5.1-signed-data',
  ],
  [
    'a signature with something after it',
    made({ unsigned: attribute.signingTime(), after: Buffer.from([5, 0]) }),
    'CREDENTIAL_MALFORMED',
    'rfc5652-5.1-signed-data',
  ],
  [
    'two values of the digest',
    made(
      attributes(
        contentType(),
        sequence(oid('1.2.840.113549.1.9.4'), set(octets(Buffer.alloc(32)), octets(Buffer.alloc(32)))),
      ),
    ),
    'CREDENTIAL_MALFORMED',
    'rfc5652-11-attributes',
  ],
  [
    'two digests',
    made(attributes(contentType(), messageDigest('x'), messageDigest(good.content))),
    'CREDENTIAL_MALFORMED',
    'rfc5652-11-attributes',
  ],
  [
    'attributes of another type of content',
    made(attributes(contentType('1.2.840.113549.1.7.2'), messageDigest(good.content))),
    'CREDENTIAL_MALFORMED',
    'rfc5652-11-attributes',
  ],
  ['more than 16 KiB', made({ content: 'x'.repeat(16_384) }), 'CREDENTIAL_MALFORMED', 'cms-signed-data-length'],
  ['bytes after it', Buffer.concat([made(), Buffer.from([5, 0])]), 'CREDENTIAL_MALFORMED', 'rfc5652-5.1-signed-data'],
  ['nothing', Buffer.alloc(0), 'CREDENTIAL_MALFORMED', 'rfc5652-5.1-signed-data'],
])('refused: %s', (_name, bytes, code, clause) =>
  refusesOnly(open, made(), bytes, { code: code as 'CREDENTIAL_MALFORMED', clause }),
)

test('no byte of what is signed or of the signature can change', () => {
  const whole = made({ certificates: [] })
  const original = open(whole)
  const from = whole.indexOf(Buffer.from('{"vmId":"1"}'))
  for (let at = from; at < whole.length; at++) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] ?? 0) ^ 1
    const opened = open(changed)
    if (!opened.ok) continue
    // versions and the signer's name are signed by nobody: they say where to look
    expect(opened.value).toMatchObject(
      original.ok ? { content: original.value.content, signature: original.value.signature } : {},
    )
  }
})

describe('lengths', () => {
  test('DER comes out as it went in, and streamed DER as it was before', () => {
    expect(withDefiniteLengths(made())).toEqual(made())
    expect(withDefiniteLengths(streamed(made()))).toEqual(made())
  })

  test.each([
    ['a primitive of indefinite length', '048000', '0400'],
    ['a length of one octet more than needed', '30810405000500', '300405000500'],
    ['no end', '30800500', '308005000000'],
    ['half an end', '3080050000', '308005000000'],
    ['an end inside a definite length', '3004308005000000', '30063080050000000000'.slice(0, 16)],
    ['pieces that are no octets', '2480050000 00'.replace(' ', ''), '248004000000'],
    ['a tag above 30', '1f1f00', '1e00'],
    ['half a header', '30', '3000'],
    ['content that is cut off', '300205', '30020500'],
    ['bytes after it', '05000500', '0500'],
    ['deeper than 32', `${'3080'.repeat(34)}${'0000'.repeat(34)}`, `${'3080'.repeat(33)}${'0000'.repeat(33)}`],
  ])('refused: %s', (_name, bad, fine) => {
    expect(() => withDefiniteLengths(Buffer.from(fine, 'hex'))).not.toThrow()
    expect(() => withDefiniteLengths(Buffer.from(bad, 'hex'))).toThrow(/BER|OCTET|bytes/)
  })

  test('whatever the bytes, there is an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(1_400), fc.nat(255), (bytes, at, byte) => {
        expect(readSignedData(bytes)).toMatchObject({ ok: false })
        const changed = streamed(made())
        changed[at % changed.length] = byte
        readSignedData(changed)
      }),
    )
  })
})
