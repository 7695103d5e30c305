import { objectOf, type Value } from '../value.ts'
import { bytesOf } from './bigint-bytes.ts'
import { x25519PublicBytesOf } from './derive-public-key.ts'
import type { PrivateKey } from './private-key.ts'

const encoded = (value: bigint, length?: number): string => bytesOf(value, length).toString('base64url')

/** A private key as a JWK (RFC 7518 §6, RFC 8037 §2); throws where jwx makes none of it. */
export function jwkOfPrivateKey(key: PrivateKey): Value {
  switch (key.kind) {
    case 'rsa': {
      const { primes, d, dp, dq, qinv } = key
      const [p = 0n, q = 0n] = primes
      if (primes.length !== 2) throw new Error('a JWK has two primes')
      const { n, e } = key.public
      const members = { n, e, d, p, q, dp, dq, qi: qinv }
      return objectOf(
        ['kty', 'RSA'],
        ...Object.entries(members).map(([name, value]) => [name, encoded(value)] as const),
      )
    }
    case 'ecdsa': {
      const { curve, x, y } = key.public
      if (curve.name === 'P-224') throw new Error('no JWK has this curve')
      const members = Object.entries({ x, y, d: key.d }).map(
        ([name, value]) => [name, encoded(value, curve.size)] as const,
      )
      return objectOf(['kty', 'EC'], ['crv', curve.name], ...members)
    }
    case 'ed25519':
      return okpOf('Ed25519', key.public.bytes, key.seed)
    case 'x25519':
      return okpOf('X25519', x25519PublicBytesOf(key.seed), key.seed)
  }
}

function okpOf(curve: string, x: Buffer, d: Buffer): Value {
  const members = Object.entries({ x, d }).map(([name, bytes]) => [name, bytes.toString('base64url')] as const)
  return objectOf(['kty', 'OKP'], ['crv', curve], ...members)
}
