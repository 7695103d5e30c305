import { constants, createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { bytesOf } from './bigint-bytes.ts'
import { isUsableRsa } from './check-signature.ts'
import { ecdsaPublicKeyOf, ed25519Pkcs8 } from './derive-public-key.ts'
import type { JwkKey } from './jwk-key.ts'
import { completeRsaPrivateKey } from './rsa-private-key.ts'
import { signatureRow } from './signature-rows.ts'

type Signer = (data: Buffer) => Buffer

/**
 * How to sign with a JWK under an algorithm, as OPA's JOSE library: private keys alone, complete and consistent, of the
 * algorithm's kind; an ECDSA key may be of any curve. Throws.
 */
export function signerOf(key: JwkKey, alg: string): Signer {
  const row = signatureRow(alg)
  const secret = row?.family === 'hmac' ? secretOf(key) : undefined
  if (row?.family === 'hmac' && secret) return (data) => createHmac(row.hash, secret).update(data).digest()
  if (row?.family === 'rsa' && key.kind === 'rsa-private') {
    const privateKey = rsaObject(key)
    if (row.saltLength === undefined) return (data) => sign(row.hash, data, privateKey)
    const options = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: row.saltLength }
    return (data) => sign(row.hash, data, options)
  }
  if (row?.family === 'ecdsa' && key.kind === 'ecdsa-private') {
    const options = { key: ecdsaObject(key), dsaEncoding: 'ieee-p1363' } as const
    return (data) => sign(row.hash, data, options)
  }
  if (row?.family === 'eddsa' && key.kind === 'ed25519-private') {
    const privateKey = createPrivateKey({ key: ed25519Pkcs8(key.seed), format: 'der', type: 'pkcs8' })
    return (data) => sign(null, data, privateKey)
  }
  throw new Error('the key is not one for this algorithm')
}

// The library takes the bytes of an Ed25519 key for a secret, too, even those of a public one. Such a token proves nothing,
// but it is the policy's to make. Checking tokens, neither it nor we do so.
function secretOf(key: JwkKey): Buffer | undefined {
  if (key.kind === 'secret') return key.secret
  if (key.kind === 'ed25519-private') return Buffer.concat([key.seed, key.public.bytes])
  return key.kind === 'public' && key.public.kind === 'ed25519' ? key.public.bytes : undefined
}

function rsaObject({ parts }: Extract<JwkKey, { kind: 'rsa-private' }>): KeyObject {
  const { public: publicKey, d, primes, dp, dq, qinv } = completeRsaPrivateKey(parts)
  if (!isUsableRsa(publicKey)) throw new Error('unusable RSA key')
  const [p = 0n, q = 0n] = primes
  const members = { n: publicKey.n, e: publicKey.e, d, p, q, dp, dq, qi: qinv }
  const jwk = Object.entries(members).map(([name, value]) => [name, bytesOf(value).toString('base64url')])
  return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(jwk) }, format: 'jwk' })
}

// The public part is made from the scalar: a signature depends on nothing else, and Go does not compare the two.
function ecdsaObject({ public: { curve }, d }: Extract<JwkKey, { kind: 'ecdsa-private' }>): KeyObject {
  const { x, y } = ecdsaPublicKeyOf(curve, d)
  const [dText, xText, yText] = [d, x, y].map((value) => bytesOf(value, curve.size).toString('base64url'))
  const key = { kty: 'EC', crv: curve.name, d: dText ?? '', x: xText ?? '', y: yText ?? '' }
  return createPrivateKey({ key, format: 'jwk' })
}
