import { bigintOf, bitLength } from './bigint-bytes.ts'
import { ed25519PublicKeyOf } from './derive-public-key.ts'
import { ellipticCurves, isOnCurve } from './elliptic-curve.ts'
import type { EcdsaPublicKey, Ed25519PublicKey, PublicKey } from './public-key.ts'
import type { JwxKey } from './read-jwx-key.ts'
import type { RsaPrivateParts } from './rsa-private-key.ts'

/** What a JWK is for OPA: a public key, a private one not checked yet, or a secret. */
export type JwkKey =
  | { readonly kind: 'public'; readonly public: PublicKey }
  | { readonly kind: 'rsa-private'; readonly public: PublicKey; readonly parts: RsaPrivateParts }
  | { readonly kind: 'ecdsa-private'; readonly public: EcdsaPublicKey; readonly d: bigint }
  | { readonly kind: 'ed25519-private'; readonly public: Ed25519PublicKey; readonly seed: Buffer }
  | { readonly kind: 'x25519-private' }
  | { readonly kind: 'secret'; readonly secret: Buffer }

const seedLength = 32

/** Checks a JWK as jwx's `Validate`; throws where that fails. Done for every key of a set, used or not. */
export function checkJwk(jwk: JwxKey): void {
  switch (jwk.kty) {
    case 'RSA':
      rsaOf(jwk)
      if (jwk.isPrivate) present(jwk, 'd')
      return
    case 'EC':
      ecdsaOf(jwk)
      return
    case 'OKP':
      checkOkp(jwk)
      return
    case 'oct':
      present(jwk, 'k')
  }
}

/** The key of a checked JWK as jwx's `Export`; throws where that fails. */
export function keyOfJwk(jwk: JwxKey): JwkKey {
  switch (jwk.kty) {
    case 'RSA':
      return jwk.isPrivate
        ? { kind: 'rsa-private', public: rsaOf(jwk), parts: rsaPartsOf(jwk) }
        : { kind: 'public', public: rsaOf(jwk) }
    case 'EC':
      return jwk.isPrivate
        ? { kind: 'ecdsa-private', public: ecdsaOf(jwk), d: bigintOf(present(jwk, 'd')) }
        : { kind: 'public', public: ecdsaOf(jwk) }
    case 'OKP':
      return okpOf(jwk)
    case 'oct':
      return { kind: 'secret', secret: present(jwk, 'k') }
  }
}

function rsaOf(jwk: JwxKey) {
  const [n, e] = [bigintOf(present(jwk, 'n')), bigintOf(present(jwk, 'e'))]
  if (n === 0n || (e & 1n) === 0n || bitLength(e) > 63) throw new Error('bad RSA JWK')
  return { kind: 'rsa', n, e } as const
}

function rsaPartsOf(jwk: JwxKey): RsaPrivateParts {
  const { n, e } = rsaOf(jwk)
  const optional = (name: string) => {
    const bytes = jwk.bytes[name]
    return bytes && bigintOf(bytes)
  }
  const [p, q] = [optional('p'), optional('q')]
  if (p === undefined || q === undefined) throw new Error('RSA JWK without its primes')
  const [dp, dq, qinv] = [optional('dp'), optional('dq'), optional('qi')]
  return { n, e, d: bigintOf(present(jwk, 'd')), primes: [p, q], dp, dq, qinv }
}

function ecdsaOf(jwk: JwxKey): EcdsaPublicKey {
  const curve = ellipticCurves.find(({ name }) => name === jwk.crv)
  if (!curve) throw new Error('unsupported curve')
  const [x, y] = [present(jwk, 'x'), present(jwk, 'y')]
  const fits = x.length === curve.size && y.length === curve.size
  if (!fits || (jwk.isPrivate && present(jwk, 'd').length !== curve.size)) throw new Error('bad EC JWK')
  const key: EcdsaPublicKey = { kind: 'ecdsa', curve, x: bigintOf(x), y: bigintOf(y) }
  if (!isOnCurve(curve, key.x, key.y)) throw new Error('not a point of the curve')
  return key
}

function checkOkp(jwk: JwxKey): void {
  if (jwk.crv === undefined) throw new Error('OKP JWK without `crv`')
  const known = jwk.crv === 'Ed25519' || jwk.crv === 'X25519'
  const bytes = [present(jwk, 'x'), ...(jwk.isPrivate ? [present(jwk, 'd')] : [])]
  if (known && bytes.some(({ length }) => length !== seedLength)) throw new Error('bad OKP JWK')
}

function okpOf(jwk: JwxKey): JwkKey {
  if (jwk.crv === 'X25519')
    return jwk.isPrivate ? { kind: 'x25519-private' } : { kind: 'public', public: { kind: 'x25519' } }
  if (jwk.crv !== 'Ed25519') throw new Error('unsupported curve')
  const key: Ed25519PublicKey = { kind: 'ed25519', bytes: present(jwk, 'x') }
  if (!jwk.isPrivate) return { kind: 'public', public: key }
  const seed = present(jwk, 'd')
  if (!ed25519PublicKeyOf(seed).bytes.equals(key.bytes)) throw new Error('x does not belong to d')
  return { kind: 'ed25519-private', public: key, seed }
}

/** A member that is there and not empty. */
function present(jwk: JwxKey, name: string): Buffer {
  const bytes = jwk.bytes[name]
  if (!bytes || bytes.length === 0) throw new Error('JWK without a member it needs')
  return bytes
}
