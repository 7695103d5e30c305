import { createECDH, createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import { sha256 } from '../../core/digest.ts'
import type { SigV4 } from '../../core/signed-request.ts'

/** The scope of a signature: for which day, region and service its key was derived. SigV4a has no region in it. */
const scopeOf = ({ day, region, service }: SigV4): string =>
  [day, ...(region === undefined ? [] : [region]), service, terminator].join('/')

const terminator = 'aws4_request'

/** The string to sign ("Create a signed AWS API request", step 3). `timestamp` in the form 20150830T123600Z. */
export const stringToSign = (signature: SigV4, timestamp: string, canonical: string): string =>
  [signature.algorithm, timestamp, scopeOf(signature), sha256(canonical)].join('\n')

const hmac = (key: string | Uint8Array, text: string | Uint8Array): Buffer =>
  createHmac('sha256', key).update(text).digest()

/** Whether the MAC is that of the secret, in constant time. The key serves one day, one region and one service. */
export function isMacOf(signature: SigV4, text: string, secret: Uint8Array): boolean {
  const scope = scopeOf(signature).split('/')
  const key = scope.reduce<Uint8Array>(hmac, Buffer.concat([Buffer.from('AWS4'), secret]))
  const mac = hmac(key, text)
  return signature.bytes.length === mac.length && timingSafeEqual(signature.bytes, mac)
}

/** Whether the ECDSA signature, in DER, is by the key that the secret stands for. */
export const isSignedBy = ({ bytes }: SigV4, text: string, key: KeyObject): boolean =>
  verify('sha256', Buffer.from(text), key, bytes)

// The order of P-256 less two: a candidate above it would make a private key of the order or more.
const largestCandidate = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f', 'hex')
const maximumCounter = 254

/**
 * The public key that a secret of SigV4a stands for: a key derivation in counter mode (NIST SP 800-108 §5.1), again with the
 * next counter until what comes out is in range, which at the first it is but for one secret in four billion.
 */
export function deriveSigV4aKey(accessKeyId: string, secret: Uint8Array): KeyObject {
  const input = Buffer.concat([Buffer.from('AWS4A'), secret])
  for (let counter = 1; counter <= maximumCounter; counter++) {
    const candidate = hmac(
      input,
      Buffer.concat([
        uint32(1),
        Buffer.from('AWS4-ECDSA-P256-SHA256\0'),
        Buffer.from(accessKeyId),
        Buffer.from([counter]),
        uint32(256),
      ]),
    )
    if (candidate.compare(largestCandidate) <= 0) return publicKeyOf(increment(candidate))
  }
  throw new Error('no key can be derived of this secret') // about one in 2^8000
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const increment = (bytes: Buffer): Buffer =>
  Buffer.from((BigInt(`0x${bytes.toString('hex')}`) + 1n).toString(16).padStart(64, '0'), 'hex')

function publicKeyOf(privateKey: Buffer): KeyObject {
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(privateKey)
  const point = curve.getPublicKey()
  const coordinate = (from: number) => point.subarray(from, from + 32).toString('base64url')
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) } })
}
