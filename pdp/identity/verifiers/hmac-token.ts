import type { RegisteredKey } from '../../core/client.ts'
import { clauses } from '../../core/clause.ts'
import type { MacCredential } from '../../core/credential.ts'
import { type JsonObject, member, stringMember } from '../../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { Seconds } from '../../core/time.ts'
import { checkAudience } from '../../jose/check-audience.ts'
import { checkTimes } from '../../jose/check-times.ts'
import { checkType } from '../../jose/check-type.ts'
import { type HmacKey, readHmacKey, verifyHmac } from '../../jose/hmac.ts'
import type { Registry, Verifier } from '../../seams.ts'
import { readConfirmation } from '../confirmation.ts'
import { checkRegistered } from '../registry/check-registered.ts'
import { lookUp } from '../registry/look-up.ts'
import { verifiedClient } from '../registry/verified-client.ts'

export const hmacTokenClauses = clauses({
  form: 'hmac-token-form',
  keyId: 'hmac-token-kid',
  mac: 'hmac-token-mac',
  client: 'hmac-token-client',
  id: 'hmac-token-jti',
  actor: 'hmac-token-no-actor',
})

/** `issuer`: our own name, which its tokens give as theirs: no issuer of signed tokens has it. */
export interface HmacTokenSettings {
  readonly issuer: string
  readonly registry: Registry
  readonly maxLifetime: Seconds
  readonly skew: Seconds
}

/** The media type of these tokens (RFC 8725 §3.11). */
const hmacTokenType = 'hmac+jwt'

const algorithm = 'HS256' // of the registered key, whatever the token says
const keyOf = (secret: Buffer): Result<HmacKey> =>
  readHmacKey({ kty: 'oct', k: secret.toString('base64url') }, 'CREDENTIAL_REFUSED', algorithm)

/** A secret that nobody has: checked with where none is registered, so that it takes as long. */
const nobodysSecret = Buffer.alloc(32)

/**
 * Verifies tokens that a client makes for itself with a secret that it shares with us. They name the client alone, for one
 * service, for minutes. An unknown key and a wrong MAC are told alike, after the same work.
 */
export function createHmacTokenVerifier(settings: HmacTokenSettings): Verifier {
  const { issuer, registry, maxLifetime, skew } = settings
  return {
    method: 'hmac-token',
    selectors: [{ form: 'mac', by: 'issuer', value: issuer }],
    async verify(credential, expected, frame) {
      if (credential.form !== 'mac') return notAToken
      const { header, claims } = credential
      const { kid } = header
      const refusedType = checkType(header, [hmacTokenType])
      if (refusedType) return refusedType
      if (kid === undefined) return refuse('CREDENTIAL_MALFORMED', hmacTokenClauses.keyId, 'header needs a kid')
      const found = await lookUp(registry, { method: 'hmac-token', key: kid }, frame)
      if (!found.ok) return found
      const registered = checkMac(credential, found.value[0])
      if (!registered.ok) return registered
      const times = checkTimes(claims, frame.now, { skew, maxLifetime, requireIat: true })
      if (!times.ok) return times
      const refused =
        checkAudience(claims, expected.service.audiences, { single: true }) ??
        checkClaims(claims, registered.value, issuer) ??
        checkRegistered(registered.value, expected, frame)
      if (refused) return refused
      const confirmation = readConfirmation(claims)
      if (!confirmation.ok) return confirmation
      const verified = verifiedClient(registered.value, {
        issuer,
        strength: 1,
        trustAsOf: registry.asOf(),
        claims,
        ...(times.value.issuedAt !== undefined && { issuedAt: times.value.issuedAt }),
        expiresAt: times.value.expiresAt,
        revocable: [{ by: 'jti', issuer, id: stringMember(claims, 'jti') ?? '' }],
      })
      const attestedAt = times.value.issuedAt
      return ok({
        ...verified,
        audienceBound: true,
        ...(attestedAt !== undefined && { attestedAt }),
        ...(confirmation.value && { confirmation: confirmation.value }),
      })
    },
  }
}

const notAToken = refuse('CREDENTIAL_MALFORMED', hmacTokenClauses.form, 'a token of this kind has a MAC')
const wrongMac = refuse('SIGNATURE_INVALID', hmacTokenClauses.mac, 'MAC is not one by a registered key')

function checkMac(credential: MacCredential, registered: RegisteredKey | undefined): Result<RegisteredKey> {
  const { material } = registered?.key ?? {}
  const key = keyOf(material?.form === 'shared' ? material.secret : nobodysSecret)
  if (!key.ok) return key
  const wrong = verifyHmac(credential, key.value)
  return registered && material?.form === 'shared' && !wrong ? ok(registered) : wrongMac
}

function checkClaims(claims: JsonObject, { client }: RegisteredKey, issuer: string): Refusal | undefined {
  if (stringMember(claims, 'iss') !== issuer || stringMember(claims, 'sub') !== client.id) {
    return refuse('CREDENTIAL_REFUSED', hmacTokenClauses.client, 'iss must be ours, and sub the client of the key')
  }
  if (!stringMember(claims, 'jti')) {
    return refuse('CREDENTIAL_REFUSED', hmacTokenClauses.id, 'claim `jti` must be there, a string that is not empty')
  }
  return member(claims, 'act') === undefined
    ? undefined
    : refuse('CREDENTIAL_REFUSED', hmacTokenClauses.actor, 'a client speaks for itself alone: leave out act')
}
