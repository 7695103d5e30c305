import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import type { PublicKey } from './public-key.ts'

export const keyRuleClauses = clauses({
  rsaBits: 'nist-sp800-131a-rsa-bits',
  rsaExponent: 'rfc8017-3.1-rsa-exponent',
  curve: 'rfc5480-2.1.1.1-named-curve',
  kind: 'rfc3279-2.3-key-algorithm',
})

const curves: ReadonlySet<string> = new Set([
  '1.2.840.10045.3.1.7', // P-256
  '1.3.132.0.34', // P-384
  '1.3.132.0.35', // P-521
])
const fewestBits = 2048
const mostBits = 8192 // a check by a longer key costs milliseconds
const largestExponent = 2n ** 32n
const smallestExponent = 65_537n

/**
 * Whether a key is strong and of a kind that is used here: RSA of 2048 to 8192 bits, P-256, P-384, P-521, Ed25519.
 * Errors: CERTIFICATE_REFUSED.
 */
export function checkKey(key: PublicKey): Refusal | undefined {
  switch (key.kind) {
    case 'rsa':
      return checkRsa(key.bits, key.exponent)
    case 'ec':
      return key.curve !== undefined && curves.has(key.curve)
        ? undefined
        : refuse('CERTIFICATE_REFUSED', keyRuleClauses.curve, 'key must be on P-256, P-384 or P-521, by name')
    case 'ed25519':
      return undefined
    case 'other':
      return refuse('CERTIFICATE_REFUSED', keyRuleClauses.kind, 'key must be RSA, EC or Ed25519')
  }
}

function checkRsa(bits: number, exponent: bigint): Refusal | undefined {
  if (bits < fewestBits || bits > mostBits || bits % 8 !== 0) {
    return refuse(
      'CERTIFICATE_REFUSED',
      keyRuleClauses.rsaBits,
      `RSA key must have ${fewestBits} to ${mostBits} bits, in whole octets`,
    )
  }
  const odd = exponent % 2n === 1n
  return odd && exponent >= smallestExponent && exponent < largestExponent
    ? undefined
    : refuse('CERTIFICATE_REFUSED', keyRuleClauses.rsaExponent, 'exponent of an RSA key must be odd, from 65537 up')
}
