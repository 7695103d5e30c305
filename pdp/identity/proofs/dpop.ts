import { clauses } from '../../core/clause.ts'
import { sha256Base64url } from '../../core/digest.ts'
import { member, stringMember } from '../../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { Service } from '../../core/service.ts'
import { type Instant, plus, type Seconds, seconds } from '../../core/time.ts'
import { checkIssuedAt } from '../../jose/check-times.ts'
import { checkType } from '../../jose/check-type.ts'
import { createJwkReader, type JwkReader } from '../../jose/create-jwk-reader.ts'
import { readJwt, type UnverifiedJwt } from '../../jose/read-jwt.ts'
import { verifyJws } from '../../jose/verify-jws.ts'
import type { Expected, Proof, Use, Verified } from '../../seams.ts'
import type { Nonces } from './nonces.ts'
import { ownTarget } from './own-target.ts'

// RFC 9449 §4.3 numbers its checks; 1 (one header) is the evidence table's. Digests are compared as plain texts: whoever
// sends a proof knows the key and the token that they are of.
export const dpopClauses = clauses({
  jti: 'rfc9449-4.3.3-jti',
  jwk: 'rfc9449-4.3.5-jwk',
  htm: 'rfc9449-4.3.8-htm',
  htu: 'rfc9449-4.3.9-htu',
  request: 'rfc9449-4.3.9-request-known',
  nonce: 'rfc9449-4.3.10-nonce',
  ath: 'rfc9449-4.3.12-ath',
  key: 'rfc9449-4.3.12-key-of-token',
})

/** `maxAge`: how old a proof may be; `skew`: how far ahead its clock may run; `nonces`: of services that give them out. */
export interface DpopSettings {
  readonly maxAge: Seconds
  readonly skew: Seconds
  readonly nonces: Nonces
}

/** Checks DPoP proofs (RFC 9449 §4.3) and answers possession of the key for this very request. */
export function createDpopProof(settings: DpopSettings): Proof {
  const readKey = createJwkReader()
  const age = { ...settings, code: 'PROOF_INVALID' } as const
  return {
    kind: 'dpop',
    async check(proof, of, expected, frame) {
      const jwt = readJwt(proof.text, 'PROOF_INVALID', { embeddedKey: true })
      if (!jwt.ok) return jwt
      const thumbprint = checkKey(jwt.value, of, readKey)
      if (!thumbprint.ok) return thumbprint
      const target = checkTarget(jwt.value, expected)
      if (!target.ok) return target
      const nonce = checkNonce(jwt.value, expected.service, settings.nonces, frame.now)
      if (!nonce.ok) return nonce
      const issuedAt = checkIssuedAt(jwt.value.claims, frame.now, age) // check 11
      if (!issuedAt.ok) return issuedAt
      const refusal = checkToken(jwt.value, expected)
      if (refusal) return refusal
      const jti = readJti(jwt.value)
      if (!jti.ok) return jti
      const use: Use = {
        purpose: 'dpop', // §11.1: once per service, key and target
        parts: [expected.service.name, thumbprint.value, target.value, jti.value],
        issuedAt: issuedAt.value,
        until: plus(issuedAt.value, seconds(settings.maxAge + settings.skew + 1)), // past its last acceptable instant
      }
      return ok({
        method: 'dpop',
        possession: 'request',
        keyThumbprint: thumbprint.value,
        once: [use],
        revocable: [{ by: 'key-thumbprint', id: thumbprint.value }],
        ...(nonce.value !== undefined && { nextNonce: nonce.value }),
      })
    },
  }
}

/** Checks 4 to 7: the type, the key in the header, the signature under it; then that the token is bound to that key. */
function checkKey(jwt: UnverifiedJwt, { confirmation }: Verified, readKey: JwkReader): Result<string> {
  const mistyped = checkType(jwt.header, ['dpop+jwt'], { code: 'PROOF_INVALID' })
  if (mistyped) return mistyped
  if (!jwt.header.jwk) return refuse('PROOF_INVALID', dpopClauses.jwk, 'header needs jwk, the public key')
  const key = readKey(jwt.header.jwk, 'PROOF_INVALID')
  if (!key.ok) return key
  const good = verifyJws(jwt, key.value, 'PROOF_INVALID')
  if (!good.ok) return good
  return confirmation?.jkt === key.value.id
    ? ok(key.value.id)
    : refuse('PROOF_INVALID', dpopClauses.key, 'token is bound to another key')
}

/** Checks 8 and 9. The origin is the service's own, never what a header of the request says it is. */
function checkTarget({ claims }: UnverifiedJwt, { service, request }: Expected): Result<string> {
  if (!request) {
    return refuse('PROOF_INVALID', dpopClauses.request, 'method and url of the request are needed to check a proof')
  }
  if (stringMember(claims, 'htm') !== request.method) {
    return refuse('PROOF_INVALID', dpopClauses.htm, 'htm must be the method of the request')
  }
  const target = ownTarget(stringMember(claims, 'htu'), service, request)
  return target !== undefined
    ? ok(target)
    : refuse('PROOF_INVALID', dpopClauses.htu, 'htu must be an origin of this service and the path of the request')
}

/** Check 10. Answers the nonce of the next proof, if the service has nonces. */
function checkNonce(
  { claims }: UnverifiedJwt,
  { name, dpopNonce }: Service,
  nonces: Nonces,
  now: Instant,
): Result<string | undefined> {
  if (dpopNonce === undefined) return ok(undefined)
  const nonce = member(claims, 'nonce')
  const next = nonces.give(name, now)
  const good =
    nonce === undefined ? dpopNonce === 'offered' : typeof nonce === 'string' && nonces.accepts(nonce, name, now)
  return good
    ? ok(next)
    : refuse('PROOF_NONCE_REQUIRED', dpopClauses.nonce, 'proof needs the nonce of this answer', {
        scheme: 'DPoP',
        nonce: next,
      })
}

/** Check 12, first half: the proof is tied to this very token, not only to its key. */
function checkToken({ claims }: UnverifiedJwt, { credential }: Expected): Refusal | undefined {
  const ath = stringMember(claims, 'ath')
  return ath !== undefined &&
    credential &&
    credential.form !== 'certificate' &&
    ath === sha256Base64url(credential.text)
    ? undefined
    : refuse('PROOF_INVALID', dpopClauses.ath, 'ath must be the hash of the access token')
}

/** Check 3; the other required claims are read where they are checked. */
function readJti({ claims }: UnverifiedJwt): Result<string> {
  const jti = stringMember(claims, 'jti')
  return jti && jti.length <= 256
    ? ok(jti)
    : refuse('PROOF_INVALID', dpopClauses.jti, 'jti must be 1 to 256 characters')
}
