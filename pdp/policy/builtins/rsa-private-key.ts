import { bitLength } from './bigint-bytes.ts'
import type { RsaPublicKey } from './public-key.ts'

/** Values for the third and later primes of an RSA key (RFC 8017 §3.2); `r` is the product of the primes before. */
interface CrtValue {
  readonly exp: bigint
  readonly coeff: bigint
  readonly r: bigint
}

/** An RSA private key with all that Go's `Precompute` fills in. */
export interface RsaPrivateKey {
  readonly kind: 'rsa'
  readonly public: RsaPublicKey
  readonly d: bigint
  readonly primes: readonly bigint[]
  readonly dp: bigint
  readonly dq: bigint
  readonly qinv: bigint
  readonly crt: readonly CrtValue[]
}

/** What a key file says; of the last three either all count or none. */
export interface RsaPrivateParts {
  readonly n: bigint
  readonly e: bigint
  readonly d: bigint
  readonly primes: readonly bigint[]
  readonly dp: bigint | undefined
  readonly dq: bigint | undefined
  readonly qinv: bigint | undefined
}

const maximumBits = 16_384

/** Checks the parts as Go's `rsa.PrivateKey.Validate` and completes them; throws where they do not fit together. */
export function completeRsaPrivateKey(parts: RsaPrivateParts): RsaPrivateKey {
  const { n, e, d, primes } = parts
  need(bitLength(n) <= maximumBits) // what OpenSSL takes; Go sets no bound, and pays for it
  need(n > 1n && (n & 1n) === 1n && e >= 2n && (e & 1n) === 1n && e < 2n ** 31n && d < n)
  const [p = 0n, q = 0n] = primes
  const { dp, dq, qinv } = primes.length === 2 ? derived(parts, p, q) : derivedOfMany(parts, p, q)
  const crt = primes.slice(2).map((prime, i): CrtValue => {
    const r = primes.slice(0, i + 2).reduce((product, factor) => product * factor, 1n)
    return { exp: d % (prime - 1n), coeff: inverse(r, prime), r }
  })
  return { kind: 'rsa', public: { kind: 'rsa', n, e }, d, primes, dp, dq, qinv, crt }
}

type Derived = Pick<RsaPrivateKey, 'dp' | 'dq' | 'qinv'>

function derived(parts: RsaPrivateParts, p: bigint, q: bigint): Derived {
  const { n, e, d } = parts
  need(p > 2n && q > 2n && (p & 1n) === 1n && p < n && q < n && (p * q) % n === 0n)
  const { dp, dq, qinv } = given(parts) ?? {
    dp: d % (p - 1n),
    dq: d % (q - 1n),
    qinv: power(q % p, p - 2n, p),
  }
  need(d % (p - 1n) === dp && d % (q - 1n) === dq && qinv < p)
  need((e * dp) % (p - 1n) === 1n && (e * dq) % (q - 1n) === 1n && (qinv * q) % p === 1n)
  checkDistances(n, d, p > q ? p - q : q - p)
  return { dp, dq, qinv }
}

const given = ({ dp, dq, qinv }: RsaPrivateParts): Derived | undefined =>
  dp === undefined || dq === undefined || qinv === undefined ? undefined : { dp, dq, qinv }

/** Primes that lie together and a small exponent give a key away. */
function checkDistances(n: bigint, d: bigint, gap: bigint): void {
  const half = Math.floor(bitLength(n) / 2)
  need(gap > 0n && bitLength(gap) > half - 100 && bitLength(d) > half)
}

// Go does not check how the primes of such a key and its other parts fit together
function derivedOfMany({ d, primes }: RsaPrivateParts, p: bigint, q: bigint): Derived {
  need(primes.length > 2 && primes.every((prime) => prime > 1n))
  return { dp: d % (p - 1n), dq: d % (q - 1n), qinv: inverse(q, p) }
}

function need(holds: boolean): void {
  if (!holds) throw new Error('inconsistent RSA private key')
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let square = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

/** The inverse of a number that is coprime to the modulus; throws otherwise. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b, x, y] = [b, a - quotient * b, y, x - quotient * y]
  }
  need(a === 1n)
  return ((x % modulus) + modulus) % modulus
}
