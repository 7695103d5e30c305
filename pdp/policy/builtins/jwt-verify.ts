import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Builtin } from './builtin.ts'
import { isEcdsaSignature, isEd25519Signature, isRsaSignature } from './check-signature.ts'
import type { PublicKey } from './public-key.ts'
import { decodePart, readHeader, splitToken, type TokenParts } from './read-token.ts'
import { readTokenHeader } from './token-header.ts'
import { readVerificationKeys, type VerificationKey } from './verification-keys.ts'

type Check = (key: PublicKey, data: Buffer, signature: Buffer) => boolean

const rsa =
  (hash: string): Check =>
  (key, data, signature) =>
    key.kind === 'rsa' && isRsaSignature(key, hash, undefined, data, signature)

const pss =
  (hash: string): Check =>
  (key, data, signature) =>
    key.kind === 'rsa' && isRsaSignature(key, hash, 'any', data, signature)

const ecdsa =
  (hash: string): Check =>
  (key, data, signature) =>
    key.kind === 'ecdsa' && isEcdsaSignature(key, hash, data, signature)

const ed25519: Check = (key, data, signature) => key.kind === 'ed25519' && isEd25519Signature(key, data, signature)

const signingInput = ({ header, payload }: TokenParts): Buffer => Buffer.from(`${header}.${payload}`)

const verifier = (algorithm: string, check: Check): Builtin => ({
  name: `io.jwt.verify_${algorithm}`,
  call(token, text) {
    const parts = splitToken(token)
    if (typeof text !== 'string') return undefined
    const keys = readVerificationKeys(text)
    const signature = decodePart(parts.signature)
    const header = readTokenHeader(readHeader(parts.header))
    const data = signingInput(parts)
    const isGood = ({ key }: VerificationKey) => key?.kind === 'public' && check(key.public, data, signature)
    const named = header.kid === '' ? undefined : keys.find(({ kid }) => kid === header.kid)
    if (named) return isGood(named)
    // the builtin's own algorithm decides; that of the key only leaves out keys for others
    return keys.some((key) => (key.alg === '' || key.alg === header.alg) && isGood(key))
  },
})

const macVerifier = (algorithm: string, hash: string): Builtin => ({
  name: `io.jwt.verify_${algorithm}`,
  call(token, secret) {
    const parts = splitToken(token)
    if (typeof secret !== 'string') return undefined
    const mac = createHmac(hash, secret).update(signingInput(parts)).digest()
    const signature = decodePart(parts.signature)
    return signature.length === mac.length && timingSafeEqual(signature, mac)
  },
})

/**
 * `io.jwt.verify_…`: whether the signature is good under a key of a PEM certificate, PEM public key, JWK or JWK Set (or
 * a secret's UTF-8, for HMAC). The token's `kid` picks the key if one has it, else any key may fit. The curve of a key
 * is not tied to the algorithm, and the header's `alg` does not matter; undefined where token or keys cannot be read.
 */
export const jwtVerifiers: readonly Builtin[] = [
  verifier('rs256', rsa('sha256')),
  verifier('rs384', rsa('sha384')),
  verifier('rs512', rsa('sha512')),
  verifier('ps256', pss('sha256')),
  verifier('ps384', pss('sha384')),
  verifier('ps512', pss('sha512')),
  verifier('es256', ecdsa('sha256')),
  verifier('es384', ecdsa('sha384')),
  verifier('es512', ecdsa('sha512')),
  verifier('eddsa', ed25519),
  macVerifier('hs256', 'sha256'),
  macVerifier('hs384', 'sha384'),
  macVerifier('hs512', 'sha512'),
]
