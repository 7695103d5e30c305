// Odd primes whose residues the broken generator narrows (Nemec et al., ACM CCS 2017, §2.3 and §3.4). A good modulus
// passes all of them by chance once in 2^27.
const primes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
]
const generator = 65537

/**
 * Whether an RSA modulus, big-endian, was made by the generator of CVE-2017-15361: it is a power of 65537 modulo each
 * small prime.
 */
export function hasRocaFingerprint(modulus: Buffer): boolean {
  const n = BigInt(`0x${modulus.toString('hex')}`)
  return primes.every((prime) => isPower(Number(n % BigInt(prime)), prime))
}

function isPower(residue: number, prime: number): boolean {
  let power = 1
  do {
    if (power === residue) return true
    power = (power * generator) % prime
  } while (power !== 1)
  return false
}
