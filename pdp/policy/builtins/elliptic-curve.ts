/** A curve of NIST as Go knows it: y² = x³ − 3x + b over the prime `p`, with points of the prime order `n`. */
export interface EllipticCurve {
  /** As JWKs name it; P-224 has no name there. */
  readonly name: 'P-224' | 'P-256' | 'P-384' | 'P-521'
  readonly oid: string
  /** As OpenSSL names it. */
  readonly openssl: string
  /** Bytes of a coordinate. */
  readonly size: number
  readonly p: bigint
  readonly b: bigint
  readonly n: bigint
  /** What stands before an uncompressed point in a SubjectPublicKeyInfo (RFC 5480 §2). */
  readonly prefix: string
}

/** SEC 2 §2.3 to §2.6. */
export const ellipticCurves: readonly EllipticCurve[] = [
  {
    name: 'P-224',
    oid: '1.3.132.0.33',
    openssl: 'secp224r1',
    size: 28,
    p: 2n ** 224n - 2n ** 96n + 1n,
    b: 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n,
    n: 0xffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3dn,
    prefix: '304e301006072a8648ce3d020106052b81040021033a00',
  },
  {
    name: 'P-256',
    oid: '1.2.840.10045.3.1.7',
    openssl: 'prime256v1',
    size: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    prefix: '3059301306072a8648ce3d020106082a8648ce3d030107034200',
  },
  {
    name: 'P-384',
    oid: '1.3.132.0.34',
    openssl: 'secp384r1',
    size: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    prefix: '3076301006072a8648ce3d020106052b81040022036200',
  },
  {
    name: 'P-521',
    oid: '1.3.132.0.35',
    openssl: 'secp521r1',
    size: 66,
    p: 2n ** 521n - 1n,
    b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    n: 0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    prefix: '30819b301006072a8648ce3d020106052b8104002303818600',
  },
]

/** Whether the coordinates are those of a point of the curve; the point at infinity has none. */
export function isOnCurve({ p, b }: EllipticCurve, x: bigint, y: bigint): boolean {
  if (x < 0n || y < 0n || x >= p || y >= p) return false
  return (y * y - (x * x * x - 3n * x + b)) % p === 0n
}
