import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyPair } from './certificates.ts'
import { der, integer, octets, oid, sequence, set } from './der.ts'

// Signed data (RFC 5652 §5) of a test's own making, part by part, so that every defect can be made.

const id = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  rsaEncryption: '1.2.840.113549.1.1.1',
}
const nullValue = Buffer.from([5, 0])
const algorithm = (dotted: string): Buffer => sequence(oid(dotted), nullValue)

/** RSA, as platforms sign their documents with. */
export const createRsaKeyPair = (modulusLength = 2048): KeyPair => generateKeyPairSync('rsa', { modulusLength })

export const sha256WithRsa = algorithm('1.2.840.113549.1.1.11')

/** A signature over a certificate by an RSA key, for `createCertificate`. */
export const signedByRsa = ({ privateKey }: KeyPair) => ({
  signatureAlgorithm: sha256WithRsa,
  sign: (signed: Buffer): Buffer => sign('sha256', signed, privateKey),
})

/** What signed data is made of; everything but content, key and the signer's name has a default that makes it good. */
export interface SignedDataParts {
  readonly content: string | Buffer
  readonly key: KeyPair
  /** DER of IssuerAndSerialNumber, or of a key identifier. */
  readonly signer: Buffer
  readonly certificates?: readonly Buffer[]
  /** Signed attributes, or none: the signature is over the content then. */
  readonly attributes?: readonly Buffer[] | 'none' | 'usual'
  readonly digestAlgorithm?: Buffer
  readonly signatureAlgorithm?: Buffer
  /** What stands as content in place of what was signed. */
  readonly shown?: string | Buffer
  readonly withoutContent?: boolean
  readonly contentType?: string
  readonly signers?: number
  readonly unsigned?: Buffer
  /** What stands after the signature and its attributes. */
  readonly after?: Buffer
}

export const issuerAndSerial = (issuer: Buffer, serial: bigint): Buffer => sequence(issuer, integer(serial))

export const attribute = {
  contentType: (type = id.data): Buffer => sequence(oid(id.contentType), set(oid(type))),
  messageDigest: (content: string | Buffer): Buffer =>
    sequence(oid(id.messageDigest), set(octets(createHash('sha256').update(content).digest()))),
  signingTime: (): Buffer => sequence(oid('1.2.840.113549.1.9.5'), set(der(0x17, Buffer.from('260302120000Z')))),
}

/** Signed data in DER. */
export function createSignedData(parts: SignedDataParts): Buffer {
  const { content, key, signer, certificates = [], attributes = 'usual', shown = content } = parts
  const signedAttributes =
    attributes === 'none'
      ? undefined
      : attributes === 'usual'
        ? [attribute.contentType(), attribute.signingTime(), attribute.messageDigest(content)]
        : attributes
  const signed = signedAttributes ? set(...signedAttributes) : Buffer.from(content)
  const signerInfo = sequence(
    integer(1),
    signer,
    parts.digestAlgorithm ?? algorithm(id.sha256),
    ...(signedAttributes ? [der(0xa0, ...signedAttributes)] : []),
    parts.signatureAlgorithm ?? algorithm(id.rsaEncryption),
    octets(sign('sha256', signed, key.privateKey)),
    ...(parts.unsigned ? [der(0xa1, parts.unsigned)] : []),
    ...(parts.after ? [parts.after] : []),
  )
  return sequence(
    oid(id.signedData),
    der(
      0xa0,
      sequence(
        integer(1),
        set(algorithm(id.sha256)),
        sequence(
          oid(parts.contentType ?? id.data),
          ...(parts.withoutContent ? [] : [der(0xa0, octets(Buffer.from(shown)))]),
        ),
        ...(certificates.length > 0 ? [der(0xa0, ...certificates)] : []),
        set(...Array.from({ length: parts.signers ?? 1 }, () => signerInfo)),
      ),
    ),
  )
}

/** The same with indefinite lengths and its octets in pieces, as signers that stream write it (X.690 §8.1.3.6). */
export function streamed(whole: Buffer, pieces = 2): Buffer {
  const tag = whole[0] ?? 0
  const first = whole[1] ?? 0
  const header = first < 0x80 ? 2 : 2 + (first - 0x80)
  const content = whole.subarray(header)
  const end = Buffer.from([0, 0])
  if (tag === 0x04 && content.length >= pieces) {
    const middle = Math.floor(content.length / pieces)
    const parts = [content.subarray(0, middle), content.subarray(middle)].map((part) => octets(part))
    return Buffer.concat([Buffer.from([0x24, 0x80]), ...parts, end])
  }
  if ((tag & 0x20) === 0) return whole
  return Buffer.concat([Buffer.from([tag, 0x80]), ...elementsOf(content).map((each) => streamed(each, pieces)), end])
}

function elementsOf(content: Buffer): readonly Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < content.length; ) {
    const first = content[at + 1] ?? 0
    const octetsOfLength = first < 0x80 ? 0 : first - 0x80
    const length = octetsOfLength === 0 ? first : content.readUIntBE(at + 2, octetsOfLength)
    const end = at + 2 + octetsOfLength + length
    found.push(content.subarray(at, end))
    at = end
  }
  return found
}
