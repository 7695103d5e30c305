import { contextConstructedTag, derTags, type DerReader, readDer } from '../../x509/der.ts'
import { readBitString, readInteger, readOid } from '../../x509/der-values.ts'
import { bigintOf } from './bigint-bytes.ts'
import { ecdsaPublicKeyOf, ed25519PublicKeyOf } from './derive-public-key.ts'
import { ellipticCurves } from './elliptic-curve.ts'
import type { EcdsaPrivateKey, PrivateKey } from './private-key.ts'
import { readExplicitField } from './explicit-field.ts'
import { keyOids, readAlgorithm } from './read-public-key.ts'
import { completeRsaPrivateKey, type RsaPrivateKey } from './rsa-private-key.ts'

const seedLength = 32
const limitOfInt = 1n << 63n

/** A small number: a version or an exponent, which Go keeps in 64 bits. */
function readInt(der: DerReader): bigint {
  const value = readInteger(der)
  if (value < -limitOfInt || value >= limitOfInt) throw new Error('number too large')
  return value
}

function readPositive(der: DerReader): bigint {
  const value = readInteger(der)
  if (value <= 0n) throw new Error('zero or negative number in a private key')
  return value
}

/** PKCS #1 (RFC 8017 A.1.2), as Go's `x509.ParsePKCS1PrivateKey`; throws where that fails. */
export function readPkcs1PrivateKey(bytes: Buffer): RsaPrivateKey {
  const outer = readDer(bytes)
  const der = outer.enter(derTags.sequence)
  if (!outer.isEmpty()) throw new Error('trailing data')
  if (readInt(der) > 1n) throw new Error('unsupported version')
  const [n, e, d] = [readPositive(der), readInt(der), readPositive(der)]
  const [p, q] = [readPositive(der), readPositive(der)]
  const optional = () => (der.isNext(derTags.integer) ? readPositive(der) : undefined)
  const [dp, dq, qinv] = [optional(), optional(), optional()]
  const others = der.enterIfNext(derTags.sequence)
  const primes = [p, q]
  while (others && !others.isEmpty()) primes.push(readOtherPrime(others.enter(derTags.sequence)))
  return completeRsaPrivateKey({ n, e, d, primes, dp, dq, qinv })
}

/** RFC 8017 A.1.2: prime, exponent and coefficient, of which Go computes the latter two itself. */
function readOtherPrime(der: DerReader): bigint {
  const prime = readPositive(der)
  readInteger(der)
  readInteger(der)
  return prime
}

/** PKCS #8 (RFC 5208 §5), as Go's `x509.ParsePKCS8PrivateKey`; throws where that fails. */
export function readPkcs8PrivateKey(bytes: Buffer): PrivateKey {
  const der = readDer(bytes).enter(derTags.sequence)
  readInt(der)
  const { oid, parameters } = readAlgorithm(der.enter(derTags.sequence))
  const key = der.content(derTags.octetString)
  switch (oid) {
    case keyOids.rsa:
      return readPkcs1PrivateKey(key)
    case keyOids.ecdsa:
      return readEcPrivateKey(key, oidOrNone(parameters))
    case keyOids.ed25519: {
      const seed = readSeed(parameters, key)
      return { kind: 'ed25519', public: ed25519PublicKeyOf(seed), seed }
    }
    case keyOids.x25519:
      return { kind: 'x25519', seed: readSeed(parameters, key) }
    default:
      throw new Error('unknown key algorithm')
  }
}

function oidOrNone(bytes: Buffer): string | undefined {
  try {
    return readOid(readDer(bytes))
  } catch {
    return undefined
  }
}

function readSeed(parameters: Buffer, key: Buffer): Buffer {
  const seed = readDer(key).content(derTags.octetString)
  if (parameters.length > 0 || seed.length !== seedLength) throw new Error('malformed seed')
  return seed
}

/** SEC 1 (RFC 5915 §3), as Go's `x509.ParseECPrivateKey`; `given` is the curve's OID from around it. Throws. */
export function readEcPrivateKey(bytes: Buffer, given?: string): EcdsaPrivateKey {
  const content = readDer(bytes).content(derTags.sequence)
  const der = readDer(content)
  const version = der.element(derTags.integer)
  if (readInt(readDer(version.bytes)) !== 1n) throw new Error('unknown version')
  const { content: scalar, bytes: scalarBytes } = der.element(derTags.octetString)
  const rest = content.subarray(version.bytes.length + scalarBytes.length)
  const named = readExplicitField(rest, contextConstructedTag(0), derTags.objectIdentifier)
  const own = named && readOid(readDer(named.element.bytes))
  const point = readExplicitField(named?.rest ?? rest, contextConstructedTag(1), derTags.bitString)
  if (point) readBitString(readDer(point.element.bytes))
  const curve = ellipticCurves.find(({ oid }) => oid === (given ?? own))
  if (!curve) throw new Error('unknown curve')
  const excess = Math.max(0, scalar.length - curve.size) // zeros in front are passed over
  if (scalar.subarray(0, excess).some((byte) => byte !== 0)) throw new Error('private key too long')
  const d = bigintOf(scalar)
  return { kind: 'ecdsa', public: ecdsaPublicKeyOf(curve, d), d }
}
