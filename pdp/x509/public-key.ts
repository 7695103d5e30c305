import { type DerReader, derTags, readDer } from './der.ts'
import { readBitString, readInteger, readOid } from './der-values.ts'

/** The public key of a certificate: what it is, and `spki`, its DER, by which two keys are compared. */
export type PublicKey =
  | { readonly kind: 'rsa'; readonly spki: Buffer; readonly bits: number; readonly exponent: bigint }
  | { readonly kind: 'ec'; readonly spki: Buffer; readonly curve: string | undefined }
  | { readonly kind: 'ed25519' | 'other'; readonly spki: Buffer }

const rsaEncryption = '1.2.840.113549.1.1.1'
const ecPublicKey = '1.2.840.10045.2.1'
const ed25519 = '1.3.101.112'

/** The next SubjectPublicKeyInfo (RFC 5280 §4.1.2.7); throws where it is malformed. Whether it may be used is not asked. */
export function readPublicKey(der: DerReader): PublicKey {
  const { bytes: spki } = der.element(derTags.sequence)
  const fields = readDer(spki).enter(derTags.sequence)
  const algorithm = fields.enter(derTags.sequence)
  const id = readOid(algorithm)
  const { bytes, unused } = readBitString(fields)
  if (unused !== 0 || !fields.isEmpty()) throw new Error('public key is no whole number of octets')
  if (id === rsaEncryption) return { kind: 'rsa', spki, ...readRsa(algorithm, bytes) }
  if (id === ecPublicKey) return { kind: 'ec', spki, curve: readCurve(algorithm, bytes) }
  return { kind: id === ed25519 && algorithm.isEmpty() ? 'ed25519' : 'other', spki }
}

function readRsa(algorithm: DerReader, bytes: Buffer): { readonly bits: number; readonly exponent: bigint } {
  // RFC 3279 §2.3.1: the parameters are NULL
  if (algorithm.content(derTags.null).length !== 0 || !algorithm.isEmpty()) throw new Error('RSA key with parameters')
  const der = readDer(bytes)
  const key = der.enter(derTags.sequence)
  const modulus = readInteger(key)
  const exponent = readInteger(key)
  if (!key.isEmpty() || !der.isEmpty() || modulus <= 0n) throw new Error('RSA key is malformed')
  return { bits: modulus.toString(2).length, exponent }
}

/** RFC 5480 §2.1.1: the curve by its name. Explicit parameters are no name: an attacker chooses the curve by them. */
function readCurve(algorithm: DerReader, point: Buffer): string | undefined {
  const uncompressed = point[0] === 4
  return uncompressed && algorithm.isNext(derTags.objectIdentifier) ? readOid(algorithm) : undefined
}
