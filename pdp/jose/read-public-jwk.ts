import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import { type JsonObject, member, stringMember } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { decodeBase64url } from './base64url.ts'
import { hasRocaFingerprint } from './roca.ts'

export const publicJwkClauses = clauses({
  private: 'rfc7517-9.3-private-member',
  kty: 'rfc7517-4.1-kty',
  curve: 'rfc7518-6.2.1.1-crv',
  coordinate: 'rfc7518-6.2.1.2-coordinate',
  modulus: 'rfc7518-6.3.1.1-modulus',
  exponent: 'rfc7518-6.3.1.2-exponent',
  okp: 'rfc8037-2-okp',
  roca: 'cve-2017-15361-roca',
})

/** The members of a public key that make it what it is (RFC 7638 §3.2), checked one by one; not yet imported. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }

// RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2, and `priv` of the AKP keys to come
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** Whether a JWK holds any part of a secret. */
export const hasPrivateMember = (jwk: JsonObject): boolean =>
  privateMembers.some((name) => member(jwk, name) !== undefined)

const coordinateBytes: ReadonlyMap<string, number> = new Map([
  ['P-256', 32],
  ['P-384', 48],
  ['P-521', 66],
])
const ed25519Bytes = 32
const minimumModulusBits = 2048 // RFC 7518 §3.3
const maximumModulusBits = 8192 // verification gets slow with the square of it
const minimumExponent = 65537n
const maximumExponentBytes = 8

const readers: ReadonlyMap<string, (jwk: JsonObject, code: RefusalCode) => Result<PublicJwk>> = new Map([
  ['EC', readEc],
  ['RSA', readRsa],
  ['OKP', readOkp],
])

/**
 * Reads the public key of a JWK (RFC 7517): EC on P-256, P-384 or P-521, RSA of 2048 to 8192 bits, Ed25519. Each number
 * has one text only, so that one key has one thumbprint. Refuses with the caller's `code`.
 */
export function readPublicJwk(jwk: JsonObject, code: RefusalCode): Result<PublicJwk> {
  if (hasPrivateMember(jwk)) return refuse(code, publicJwkClauses.private, 'the key holds a private part')
  const read = readers.get(stringMember(jwk, 'kty') ?? '')
  return read ? read(jwk, code) : refuse(code, publicJwkClauses.kty, 'kty must be EC, RSA or OKP')
}

function readEc(jwk: JsonObject, code: RefusalCode): Result<PublicJwk> {
  const crv = stringMember(jwk, 'crv') ?? ''
  const size = coordinateBytes.get(crv)
  if (size === undefined) return refuse(code, publicJwkClauses.curve, 'crv must be P-256, P-384 or P-521')
  const x = stringMember(jwk, 'x') ?? ''
  const y = stringMember(jwk, 'y') ?? ''
  return decodeBase64url(x)?.length === size && decodeBase64url(y)?.length === size
    ? ok({ kty: 'EC', crv, x, y })
    : refuse(code, publicJwkClauses.coordinate, `x and y must be base64url of ${size} bytes each`)
}

function readRsa(jwk: JsonObject, code: RefusalCode): Result<PublicJwk> {
  const n = stringMember(jwk, 'n') ?? ''
  const e = stringMember(jwk, 'e') ?? ''
  const modulus = readInteger(n)
  if (!modulus || !isSafeModulus(modulus)) {
    const range = `${minimumModulusBits} to ${maximumModulusBits} bits`
    return refuse(code, publicJwkClauses.modulus, `n must be an odd base64url integer of ${range}`)
  }
  return exponentFault(e, code) ?? rocaFault(modulus, code) ?? ok({ kty: 'RSA', n, e })
}

function readOkp(jwk: JsonObject, code: RefusalCode): Result<PublicJwk> {
  const x = stringMember(jwk, 'x') ?? ''
  return stringMember(jwk, 'crv') === 'Ed25519' && decodeBase64url(x)?.length === ed25519Bytes
    ? ok({ kty: 'OKP', crv: 'Ed25519', x })
    : refuse(code, publicJwkClauses.okp, `crv must be Ed25519 and x base64url of ${ed25519Bytes} bytes`)
}

/** Base64urlUInt without a leading zero byte (RFC 7518 §2). */
function readInteger(text: string): Buffer | undefined {
  const bytes = decodeBase64url(text)
  return bytes && (bytes[0] ?? 0) !== 0 ? bytes : undefined
}

function isSafeModulus(modulus: Buffer): boolean {
  const bits = modulus.length * 8 - (Math.clz32(modulus.readUInt8(0)) - 24)
  return bits >= minimumModulusBits && bits <= maximumModulusBits && (modulus.readUInt8(modulus.length - 1) & 1) === 1
}

// e = 1 makes every padded hash its own signature, e = 3 invites forged padding
function exponentFault(e: string, code: RefusalCode): Refusal | undefined {
  const bytes = readInteger(e)
  const exponent = bytes && bytes.length <= maximumExponentBytes ? BigInt(`0x${bytes.toString('hex')}`) : 0n
  return exponent >= minimumExponent && exponent % 2n === 1n
    ? undefined
    : refuse(code, publicJwkClauses.exponent, `e must be odd and from ${minimumExponent} to 64 bits`)
}

const rocaFault = (modulus: Buffer, code: RefusalCode): Refusal | undefined =>
  hasRocaFingerprint(modulus)
    ? refuse(code, publicJwkClauses.roca, 'the key comes from a broken generator: make a new one')
    : undefined
