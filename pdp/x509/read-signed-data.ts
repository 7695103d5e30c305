import { createHash } from 'node:crypto'
import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { withDefiniteLengths } from './definite-lengths.ts'
import { contextConstructedTag, contextTag, type DerReader, derTags, readDer } from './der.ts'
import { readInteger, readOid } from './der-values.ts'
import { readName } from './name.ts'
import type { SignedData, SignerName } from './signed-data.ts'
import type { Signed } from './verify-signature.ts'

export const readSignedDataClauses = clauses({
  length: 'cms-signed-data-length',
  form: 'rfc5652-5.1-signed-data',
  content: 'rfc5652-5.2-content-there',
  oneSigner: 'rfc5652-5.1-one-signer',
  algorithm: 'rfc5652-5.3-signature-algorithm',
  attributes: 'rfc5652-11-attributes',
  digest: 'rfc5652-11.2-message-digest',
})

const maximumBytes = 16_384
const maximumCertificates = 10
const signedData = '1.2.840.113549.1.7.2'
const data = '1.2.840.113549.1.7.1'
const contentType = '1.2.840.113549.1.9.3'
const messageDigest = '1.2.840.113549.1.9.4'

type Hash = 'sha256' | 'sha384' | 'sha512'

/** Hashes by name. Some signers, Azure among them, name the algorithm of the signature in its place. */
const hashes: ReadonlyMap<string, Hash> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
])
const rsaEncryption = '1.2.840.113549.1.1.1'

/** RSA with a hash, as certificates name it: the whole AlgorithmIdentifier. */
const rsaWith: Readonly<Record<Hash, Buffer>> = {
  sha256: Buffer.from('300d06092a864886f70d01010b0500', 'hex'),
  sha384: Buffer.from('300d06092a864886f70d01010c0500', 'hex'),
  sha512: Buffer.from('300d06092a864886f70d01010d0500', 'hex'),
}

/**
 * Reads signed data that carries its content, all of `bytes` (RFC 5652 §5): exactly one signer, PKCS #1 v1.5 with SHA-256,
 * SHA-384 or SHA-512. Where the signer signed attributes they must hold the type and the digest of the content, and are
 * what the signature is over. Lengths may be indefinite, as signers that stream write them; all else is DER.
 * Errors: CREDENTIAL_MALFORMED; CREDENTIAL_REFUSED for another algorithm; SIGNATURE_INVALID for another digest.
 */
export function readSignedData(bytes: Uint8Array): Result<SignedData> {
  if (bytes.length > maximumBytes) return tooLong
  try {
    return read(withDefiniteLengths(Buffer.from(bytes)))
  } catch {
    return malformed
  }
}

/** The same of base64 with its padding, as platforms give out what they signed. */
export function readSignedText(text: string): Result<SignedData> {
  if (text.length > maximumText) return tooLong
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? readSignedData(bytes) : malformed // written back alike, or bits were left over
}

const maximumText = Math.ceil(maximumBytes / 3) * 4
const tooLong = refuse(
  'CREDENTIAL_MALFORMED',
  readSignedDataClauses.length,
  `signed data exceeds ${maximumBytes} bytes`,
)
const malformed = refuse(
  'CREDENTIAL_MALFORMED',
  readSignedDataClauses.form,
  'not signed data (PKCS #7) with one content, in base64',
)

function read(der: Buffer): Result<SignedData> {
  const whole = readDer(der)
  const outer = whole.enter(derTags.sequence)
  if (readOid(outer) !== signedData || !whole.isEmpty()) throw new Error('another type of content')
  const fields = onlyOf(outer, contextConstructedTag(0)).enter(derTags.sequence)
  readInteger(fields) // the version says which of these fields may be there, and they are seen anyway
  fields.content(derTags.set) // digest algorithms, once more: the signer names its own
  const content = readContent(fields.enter(derTags.sequence))
  if (!content) {
    return refuse('CREDENTIAL_MALFORMED', readSignedDataClauses.content, 'signed data must carry its content')
  }
  const certificates = readCertificates(fields.enterIfNext(contextConstructedTag(0)))
  const signers = fields.enter(derTags.set)
  if (!fields.isEmpty()) throw new Error('bytes after the signers') // and no lists of revoked certificates before them
  const signer = signers.enter(derTags.sequence)
  if (!signers.isEmpty()) {
    return refuse('CREDENTIAL_MALFORMED', readSignedDataClauses.oneSigner, 'signed data must have one signer')
  }
  readInteger(signer)
  const name = readSignerName(signer)
  const signature = readSignature(signer, content)
  return signature.ok ? ok({ content, certificates, signer: name, signature: signature.value }) : signature
}

/** A reader of what is in the one element that is left. */
function onlyOf(der: DerReader, tag: number): DerReader {
  const inner = der.enter(tag)
  if (!der.isEmpty()) throw new Error('another element follows')
  return inner
}

function readContent(encapsulated: DerReader): Buffer | undefined {
  if (readOid(encapsulated) !== data) throw new Error('content is of another type')
  return encapsulated.isEmpty()
    ? undefined
    : onlyOf(encapsulated, contextConstructedTag(0)).content(derTags.octetString)
}

function readCertificates(bag: DerReader | undefined): readonly Buffer[] {
  const found: Buffer[] = []
  while (bag && !bag.isEmpty()) found.push(bag.element(derTags.sequence).bytes)
  if (found.length > maximumCertificates) throw new Error('too many certificates')
  return found
}

function readSignerName(signer: DerReader): SignerName {
  if (signer.isNext(contextTag(0))) return { by: 'key-id', keyId: signer.content(contextTag(0)) }
  const pair = signer.enter(derTags.sequence)
  const issuer = readName(pair).key
  const serial = readInteger(pair)
  if (!pair.isEmpty()) throw new Error('signer is named by more than issuer and serial number')
  return { by: 'issuer-and-serial', issuer, serial }
}

function readSignature(signer: DerReader, content: Buffer): Result<Signed> {
  const hash = hashes.get(readAlgorithm(signer))
  const attributes = signer.isNext(contextConstructedTag(0)) ? signer.element() : undefined
  const algorithm = readAlgorithm(signer)
  const signature = signer.content(derTags.octetString)
  if (signer.isNext(contextConstructedTag(1))) signer.element() // unsigned attributes: nobody's word
  if (!signer.isEmpty()) throw new Error('bytes after the signature')
  if (!hash || (algorithm !== rsaEncryption && hashes.get(algorithm) !== hash)) {
    return refuse('CREDENTIAL_REFUSED', readSignedDataClauses.algorithm, 'signature must be RSA with SHA-2')
  }
  if (!attributes) return ok({ signed: content, signatureAlgorithm: rsaWith[hash], signature })
  const digest = readDigest(readDer(attributes.content))
  if (!digest) {
    const detail = 'signed attributes must hold the type of the content and its digest, each once'
    return refuse('CREDENTIAL_MALFORMED', readSignedDataClauses.attributes, detail)
  }
  if (!digest.equals(createHash(hash).update(content).digest())) {
    return refuse('SIGNATURE_INVALID', readSignedDataClauses.digest, 'signature is over another content')
  }
  // RFC 5652 §5.4: what is signed is the SET, without the tag that stands in its place
  const signed = Buffer.from(attributes.bytes)
  signed[0] = derTags.set
  return ok({ signed, signatureAlgorithm: rsaWith[hash], signature })
}

/** The OID of an AlgorithmIdentifier, its parameters NULL or absent. */
function readAlgorithm(der: DerReader): string {
  const fields = der.enter(derTags.sequence)
  const id = readOid(fields)
  if (!fields.isEmpty() && fields.content(derTags.null).length !== 0) throw new Error('algorithm with parameters')
  if (!fields.isEmpty()) throw new Error('bytes after an algorithm')
  return id
}

/** The message digest; absent where it, or the content type `data`, is not there exactly once (RFC 5652 §11.1, §11.2). */
function readDigest(attributes: DerReader): Buffer | undefined {
  const types: string[] = []
  const digests: Buffer[] = []
  while (!attributes.isEmpty()) {
    const attribute = attributes.enter(derTags.sequence)
    const type = readOid(attribute)
    const values = onlyOf(attribute, derTags.set)
    if (type === contentType) types.push(readOid(values))
    else if (type === messageDigest) digests.push(values.content(derTags.octetString))
    else continue // such as the time at which it says it was signed
    if (!values.isEmpty()) return undefined
  }
  const [digest] = digests
  return types.length === 1 && types[0] === data && digests.length === 1 ? digest : undefined
}
