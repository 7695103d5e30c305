import type { RegisteredKey } from '../../core/client.ts'
import { clauses } from '../../core/clause.ts'
import { stringMember } from '../../core/json.ts'
import type { Jwt } from '../../core/jwt.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { plus, type Seconds, seconds } from '../../core/time.ts'
import { checkAudience } from '../../jose/check-audience.ts'
import { checkTimes } from '../../jose/check-times.ts'
import { checkType } from '../../jose/check-type.ts'
import type { Registry, Verifier } from '../../seams.ts'
import { checkRegistered } from '../registry/check-registered.ts'
import { lookUp } from '../registry/look-up.ts'
import { revocableSigner, signerOf } from '../registry/signer-of.ts'
import { verifiedClient } from '../registry/verified-client.ts'

export const privateKeyJwtClauses = clauses({
  form: 'private-key-jwt-form',
  issuer: 'rfc7523-3.1-issuer',
  subject: 'rfc7523-3.2-subject-is-issuer',
  jti: 'rfc7523-3.7-jti',
})

/**
 * `issuer`: our own issuer identifier, and so the one audience of an assertion. `skew`: by how much clocks may differ; an assertion
 * is taken once, so no more than the memory of single uses knows of.
 */
export interface PrivateKeyJwtSettings {
  readonly issuer: string
  readonly registry: Registry
  readonly skew: Seconds
}

/** From when an assertion was made until it ends, at most. */
const maxLifetime = seconds(300)

/**
 * Verifies assertions by which clients authenticate themselves (RFC 7523 §3, as updated by RFC 10070): for our issuer
 * identifier alone, since one that is good for others as well could be taken there by whoever it was made for.
 */
export function createPrivateKeyJwtVerifier({ issuer, registry, skew }: PrivateKeyJwtSettings): Verifier {
  return {
    method: 'private-key-jwt',
    selectors: [{ form: 'jwt', by: 'assertion', value: 'jwt-bearer' }],
    async verify(credential, expected, frame) {
      if (credential.form !== 'jwt') return notAToken
      const { claims } = credential.jwt
      const named = readNamed(credential.jwt)
      if (!named.ok) return named
      const { client, jti } = named.value
      const found = await lookUp(registry, { method: 'private-key-jwt', name: client }, frame)
      if (!found.ok) return found
      const signer = signerOf(credential, ofKeyId(found.value, credential.jwt))
      if (!signer.ok) return signer
      const times = checkTimes(claims, frame.now, { skew, maxLifetime })
      if (!times.ok) return times
      const refused =
        checkAudience(claims, [issuer], { single: true }) ?? checkRegistered(signer.value, expected, frame)
      if (refused) return refused
      const { issuedAt, expiresAt } = times.value
      const use = {
        purpose: 'private-key-jwt',
        parts: [client, jti],
        // without `iat` it may be as old as it can be
        issuedAt: issuedAt ?? plus(expiresAt, seconds(0 - maxLifetime)),
        until: plus(expiresAt, seconds(skew + 1)), // past its last acceptable instant
      }
      return ok(
        verifiedClient(signer.value, {
          issuer,
          strength: 2,
          trustAsOf: registry.asOf(),
          claims,
          issuedAt: issuedAt ?? frame.now,
          expiresAt,
          once: [use],
          revocable: [{ by: 'jti', issuer, id: jti }, ...revocableSigner(signer.value)],
        }),
      )
    },
  }
}

const notAToken = refuse('CREDENTIAL_MALFORMED', privateKeyJwtClauses.form, 'assertion must be a JWT')

/**
 * The client that it names, unverified, and its id. The type should be there; the RFC has servers take what has none, or
 * `JWT`, where its place says what it is.
 */
function readNamed({ header, claims }: Jwt): Result<{ readonly client: string; readonly jti: string }> {
  const mistyped = checkType(header, ['client-authentication+jwt', 'JWT'], { optional: true })
  if (mistyped) return mistyped
  const client = stringMember(claims, 'iss')
  if (client === undefined || client === '') {
    return refuse('CREDENTIAL_REFUSED', privateKeyJwtClauses.issuer, 'iss must be the id of the client')
  }
  if (stringMember(claims, 'sub') !== client) {
    return refuse('CREDENTIAL_REFUSED', privateKeyJwtClauses.subject, 'sub must be the id of the client, as iss')
  }
  const jti = stringMember(claims, 'jti')
  return jti !== undefined && jti !== '' && jti.length <= 256
    ? ok({ client, jti })
    : refuse('CREDENTIAL_REFUSED', privateKeyJwtClauses.jti, 'jti must be 1 to 256 characters')
}

/** A `kid` picks among the keys of its client, where it is the id of one. */
function ofKeyId(found: readonly RegisteredKey[], { header: { kid } }: Jwt): readonly RegisteredKey[] {
  const named = found.filter(({ key }) => key.id === kid)
  return named.length > 0 ? named : found
}
