import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Brand } from '../core/brand.ts'
import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import { isArray, type JsonObject, member, stringMember } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { decodeBase64url } from './base64url.ts'
import { hasUse } from './read-jwk.ts'
import type { SignedText } from './read-jws.ts'

// Message authentication with a shared secret (RFC 7518 §3.2). It has a key type, a reader and a verifier of its own,
// and nothing of the asymmetric side takes or makes them: no public key can ever end up as a secret.

export const hmacClauses = clauses({
  key: 'rfc7518-3.2-hmac-key',
  algorithm: 'rfc8725-3.1-hmac-alg-of-key',
  mac: 'rfc7515-5.2-mac',
})

type HmacAlgorithm = 'HS256' | 'HS384' | 'HS512'

interface HmacRow {
  readonly algorithm: HmacAlgorithm
  readonly hash: string
  readonly bytes: number
}

const rows: readonly HmacRow[] = [
  { algorithm: 'HS256', hash: 'sha256', bytes: 32 },
  { algorithm: 'HS384', hash: 'sha384', bytes: 48 },
  { algorithm: 'HS512', hash: 'sha512', bytes: 64 },
]

/** A shared secret and the one algorithm it is for. Only {@link readHmacKey} makes one. */
export type HmacKey = Brand<HmacRow & { readonly kid?: string; readonly secret: Buffer }, 'HmacKey'>

/** Reads an `oct` JWK. Its `alg`, or the one the caller fixes, decides; the secret is no shorter than the hash. */
export function readHmacKey(jwk: JsonObject, code: RefusalCode, fixed?: HmacAlgorithm): Result<HmacKey> {
  const alg = stringMember(jwk, 'alg') ?? fixed
  const secret = decodeBase64url(stringMember(jwk, 'k') ?? '')
  const kid = stringMember(jwk, 'kid')
  const row = rows.find(({ algorithm }) => algorithm === alg)
  const operations = member(jwk, 'key_ops')
  const fit =
    row !== undefined &&
    secret !== undefined &&
    secret.length >= row.bytes &&
    stringMember(jwk, 'kty') === 'oct' &&
    hasUse(jwk, undefined) &&
    (fixed === undefined || alg === fixed) &&
    (operations === undefined || (isArray(operations) && operations.includes('verify')))
  if (!fit) return refuse(code, hmacClauses.key, 'not a secret for HMAC of at least the length of its hash')
  // where the brand is given
  const key = { ...row, ...(kid !== undefined && { kid }), secret } as HmacKey
  return ok(key)
}

/** Checks the MAC of a JWS. In constant time. */
export function verifyHmac(
  jws: SignedText,
  key: HmacKey,
  code: RefusalCode = 'SIGNATURE_INVALID',
): Refusal | undefined {
  if (jws.header.alg !== key.algorithm) {
    return refuse(code, hmacClauses.algorithm, 'alg is not the one that the key may be used with')
  }
  const mac = createHmac(key.hash, key.secret).update(jws.signingInput, 'latin1').digest()
  return jws.signature.length === mac.length && timingSafeEqual(jws.signature, mac)
    ? undefined
    : refuse(code, hmacClauses.mac, 'MAC does not match')
}
