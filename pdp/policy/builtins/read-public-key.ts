import { type DerReader, derTags, readDer } from '../../x509/der.ts'
import { readBitString, readInteger, readOid, rightAligned } from '../../x509/der-values.ts'
import { bigintOf } from './bigint-bytes.ts'
import { ellipticCurves, isOnCurve } from './elliptic-curve.ts'
import type { EcdsaPublicKey, PublicKey } from './public-key.ts'

/** An AlgorithmIdentifier: its OID and all bytes of its parameters, empty where it has none. */
export interface AlgorithmIdentifier {
  readonly oid: string
  readonly parameters: Buffer
}

/** Reads what an AlgorithmIdentifier's SEQUENCE holds. */
export function readAlgorithm(der: DerReader): AlgorithmIdentifier {
  const oid = readOid(der)
  return { oid, parameters: der.isEmpty() ? Buffer.alloc(0) : der.element().bytes }
}

/** Key types by OID: RFC 3279 §2.3, RFC 5480 §2.1.1, RFC 8410 §3. */
export const keyOids = {
  rsa: '1.2.840.113549.1.1.1',
  dsa: '1.2.840.10040.4.1',
  ecdsa: '1.2.840.10045.2.1',
  x25519: '1.3.101.110',
  ed25519: '1.3.101.112',
} as const

const pointLength = 32
const limitOfInt = 1n << 63n
const nullBytes = Buffer.from([derTags.null, 0])

/** Reads a SubjectPublicKeyInfo as Go's `x509.ParsePKIXPublicKey`; throws where that fails. */
export function readSpki(bytes: Buffer): PublicKey {
  const outer = readDer(bytes)
  const spki = outer.enter(derTags.sequence)
  if (!outer.isEmpty()) throw new Error('trailing data')
  const algorithm = readAlgorithm(spki.enter(derTags.sequence))
  return readPublicKey(algorithm, rightAligned(readBitString(spki)))
}

/** Reads the key of a SubjectPublicKeyInfo (Go's `parsePublicKey`); throws where it is not one of its algorithm. */
export function readPublicKey({ oid, parameters }: AlgorithmIdentifier, key: Buffer): PublicKey {
  switch (oid) {
    case keyOids.rsa:
      if (!parameters.equals(nullBytes)) throw new Error('RSA key without NULL parameters')
      return readRsa(key)
    case keyOids.ecdsa: {
      const curveOid = readOid(readDer(parameters))
      const curve = ellipticCurves.find((row) => row.oid === curveOid)
      if (!curve) throw new Error('unsupported elliptic curve')
      return readPoint(curve, key)
    }
    case keyOids.ed25519:
      if (parameters.length > 0 || key.length !== pointLength) throw new Error('bad Ed25519 key')
      return { kind: 'ed25519', bytes: key }
    case keyOids.x25519:
      if (parameters.length > 0 || key.length !== pointLength) throw new Error('bad X25519 key')
      return { kind: 'x25519' }
    case keyOids.dsa:
      return readDsa(parameters, key)
    default:
      throw new Error('unknown public key algorithm')
  }
}

function readRsa(bytes: Buffer): PublicKey {
  const der = readDer(bytes).enter(derTags.sequence)
  const [n, e] = [readInteger(der), readInteger(der)]
  if (n <= 0n || e <= 0n || e >= limitOfInt) throw new Error('bad RSA key')
  return { kind: 'rsa', n, e }
}

function readDsa(parameters: Buffer, key: Buffer): PublicKey {
  const y = readInteger(readDer(key))
  const der = readDer(parameters).enter(derTags.sequence)
  const [p, q, g] = [readInteger(der), readInteger(der), readInteger(der)]
  if (y <= 0n || p <= 0n || q <= 0n || g <= 0n) throw new Error('bad DSA key')
  return { kind: 'dsa', p, q, g, y }
}

/** An uncompressed point (SEC 1 §2.3.3); throws if it is another form or not on the curve. */
export function readPoint(curve: EcdsaPublicKey['curve'], bytes: Buffer): EcdsaPublicKey {
  if (bytes[0] !== 4 || bytes.length !== 1 + 2 * curve.size) throw new Error('not an uncompressed point')
  const [x, y] = [bigintOf(bytes.subarray(1, 1 + curve.size)), bigintOf(bytes.subarray(1 + curve.size))]
  if (!isOnCurve(curve, x, y)) throw new Error('not a point of the curve')
  return { kind: 'ecdsa', curve, x, y }
}
