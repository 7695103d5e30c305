import { contextConstructedTag, derTags, readDer } from '../../x509/der.ts'
import { readInteger } from '../../x509/der-values.ts'
import { type AlgorithmIdentifier, keyOids, readAlgorithm } from './read-public-key.ts'

// Go's numbers of signature algorithms (x509.SignatureAlgorithm)
const numbers: ReadonlyMap<string, number> = new Map([
  ['1.2.840.113549.1.1.4', 2], // MD5 with RSA
  ['1.2.840.113549.1.1.5', 3], // SHA-1 with RSA
  ['1.3.14.3.2.29', 3], // the same by ISO
  ['1.2.840.113549.1.1.11', 4],
  ['1.2.840.113549.1.1.12', 5],
  ['1.2.840.113549.1.1.13', 6],
  ['1.2.840.10040.4.3', 7], // DSA
  ['2.16.840.1.101.3.4.3.2', 8],
  ['1.2.840.10045.4.1', 9], // SHA-1 with ECDSA
  ['1.2.840.10045.4.3.2', 10],
  ['1.2.840.10045.4.3.3', 11],
  ['1.2.840.10045.4.3.4', 12],
])

const ed25519 = 16
const pssOid = '1.2.840.113549.1.1.10'
const mgf1Oid = '1.2.840.113549.1.1.8'

// hash, length of the salt, number: the three forms of PSS that Go knows
const pssForms: readonly (readonly [hash: string, salt: bigint, number: number])[] = [
  ['2.16.840.1.101.3.4.2.1', 32n, 13],
  ['2.16.840.1.101.3.4.2.2', 48n, 14],
  ['2.16.840.1.101.3.4.2.3', 64n, 15],
]

/** Go's number of a signature algorithm; 0 where it does not know it. */
export function signatureAlgorithmOf({ oid, parameters }: AlgorithmIdentifier): number {
  if (oid === keyOids.ed25519) return parameters.length === 0 ? ed25519 : 0
  if (oid !== pssOid) return numbers.get(oid) ?? 0
  try {
    return pssNumber(parameters)
  } catch {
    return 0
  }
}

/** RFC 4055 §3.1: hash, mask by the same hash, salt as long as it, the default trailer. */
function pssNumber(bytes: Buffer): number {
  const der = readDer(bytes).enter(derTags.sequence)
  const hash = readAlgorithm(der.enter(contextConstructedTag(0)).enter(derTags.sequence))
  const mask = readAlgorithm(der.enter(contextConstructedTag(1)).enter(derTags.sequence))
  const salt = readInteger(der.enter(contextConstructedTag(2)))
  const trailer = der.enterIfNext(contextConstructedTag(3))
  const maskHash = readAlgorithm(readDer(mask.parameters).enter(derTags.sequence))
  const isSound =
    mask.oid === mgf1Oid &&
    maskHash.oid === hash.oid &&
    isNullOrNone(hash.parameters) &&
    isNullOrNone(maskHash.parameters) &&
    (!trailer || readInteger(trailer) === 1n)
  return (isSound && pssForms.find(([oid, length]) => oid === hash.oid && length === salt)?.[2]) || 0
}

const isNullOrNone = (parameters: Buffer): boolean =>
  parameters.length === 0 || parameters.equals(Buffer.from([derTags.null, 0]))

/** Go's number of a key's algorithm; 0 where it does not know it in certificates. */
export function publicKeyAlgorithmOf(oid: string): number {
  const known: readonly string[] = [keyOids.rsa, keyOids.dsa, keyOids.ecdsa, keyOids.ed25519]
  return known.indexOf(oid) + 1
}
