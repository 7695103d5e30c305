import type { Fact } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import { type JsonObject, member, stringMember } from '../../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { Seconds } from '../../core/time.ts'
import { checkAudience } from '../../jose/check-audience.ts'
import { checkTimes } from '../../jose/check-times.ts'
import type { KeyCredential } from '../../core/credential.ts'
import type { Introspector, RevocationKey, Verified, Verifier } from '../../seams.ts'
import { type ClaimFacts, readClaimFacts } from '../claim-facts.ts'
import { readConfirmation } from '../confirmation.ts'
import { type Parties, readParties } from '../delegation.ts'
import { hasOneAudience } from '../has-one-audience.ts'
import { revocableFacts, revocableParties } from '../revocable-token.ts'

export const opaqueTokenClauses = clauses({
  form: 'opaque-token-form',
  characters: 'rfc6750-2.1-b64token',
  active: 'rfc7662-2.2-active',
  issuer: 'rfc7662-2.2-iss',
  type: 'rfc7662-2.2-token-type',
  subject: 'rfc7662-2.2-sub-or-client-id',
})

/**
 * One issuer that is asked about the tokens only it can read.
 *
 * - `prefix`: how its tokens begin; empty where it is the only such issuer.
 * - `role`: whether its tokens speak for the caller, or for whom the caller acts.
 */
export interface OpaqueTokenSettings {
  readonly issuer: string
  readonly prefix: string
  readonly introspector: Introspector
  readonly maxLifetime: Seconds
  readonly skew: Seconds
  readonly environment?: string
  readonly facts?: ClaimFacts
  readonly role?: 'subject' | 'delegation'
}

const maximumLength = 4_096

/**
 * Verifies opaque tokens by what their issuer says of them (RFC 7662). An issuer that calls a token active has said no
 * more than that: whose it is, for which service and until when is checked here, as in a token that could be read.
 */
export function createOpaqueTokenVerifier(settings: OpaqueTokenSettings): Verifier {
  const { issuer, prefix, introspector, maxLifetime, skew, environment, role = 'subject' } = settings
  const configured: readonly Fact[] =
    environment === undefined || role === 'delegation'
      ? []
      : [{ name: 'environment', value: environment, source: 'config' }]
  return {
    method: 'opaque-token',
    selectors: [
      { form: 'key', by: 'prefix', scheme: 'bearer', value: prefix },
      { form: 'key', by: 'prefix', scheme: 'dpop', value: prefix },
    ],
    async verify(credential, { service }, frame) {
      if (credential.form !== 'key' || credential.scheme === 'api-key') return notAToken
      const malformed = checkCharacters(credential)
      if (malformed) return malformed
      const asked = await introspector.introspect(credential.text, frame)
      if (asked.ok !== true) return asked
      const { response, asOf, until } = asked.value
      const refused = checkActive(response) ?? checkIssuer(response, issuer)
      if (refused) return refused
      const times = checkTimes(response, frame.now, { skew, maxLifetime })
      if (!times.ok) return times
      const foreign = checkAudience(response, service.audiences)
      if (foreign) return foreign
      const confirmation = readConfirmation(response)
      if (!confirmation.ok) return confirmation
      const mistyped = checkTokenType(response, confirmation.value)
      if (mistyped) return mistyped
      const parties = readSubject(issuer, response, role)
      if (!parties.ok) return parties
      const fromClaims = role === 'delegation' ? ok([]) : readClaimFacts(response, settings.facts ?? {})
      if (!fromClaims.ok) return fromClaims
      const { subject, delegation } = parties.value
      const { issuedAt, expiresAt } = times.value
      return ok({
        method: 'opaque-token',
        subject,
        claims: response,
        facts: [...configured, ...fromClaims.value],
        issuedAt: issuedAt ?? frame.now,
        expiresAt,
        audienceBound: hasOneAudience(response),
        attested: false,
        ...(issuedAt !== undefined && { attestedAt: issuedAt }),
        knownUntil: until,
        trustAsOf: asOf,
        ...(role === 'delegation' && { role }),
        ...(confirmation.value && { confirmation: confirmation.value }),
        delegation,
        once: [],
        revocable: [
          { by: 'subject', issuer, id: subject.id, ...(issuedAt !== undefined && { issuedAt }) },
          ...revocableId(issuer, response),
          ...revocableFacts(fromClaims.value),
          ...revocableParties(delegation, issuedAt),
        ],
      })
    },
  }
}

const notAToken = refuse('CREDENTIAL_MALFORMED', opaqueTokenClauses.form, 'an opaque token comes as Bearer or DPoP')

/** What is no token is not sent anywhere. */
const checkCharacters = ({ text }: KeyCredential): Refusal | undefined =>
  text.length <= maximumLength && /^[A-Za-z0-9._~+/-]+=*$/.test(text)
    ? undefined
    : refuse(
        'CREDENTIAL_MALFORMED',
        opaqueTokenClauses.characters,
        `token must be 1 to ${maximumLength} letters, digits and - . _ ~ + /`,
      )

/** Whatever is not the boolean `true` says that it is not active: expired, revoked, or not of this issuer. */
const checkActive = (response: JsonObject): Refusal | undefined =>
  member(response, 'active') === true
    ? undefined
    : refuse('CREDENTIAL_REFUSED', opaqueTokenClauses.active, 'issuer says that the token is not active')

/** Where the answer names its issuer, it must be the one asked (RFC 7662 §2.2; optional there). */
const checkIssuer = (response: JsonObject, issuer: string): Refusal | undefined =>
  member(response, 'iss') === undefined || member(response, 'iss') === issuer
    ? undefined
    : refuse('ISSUER_UNKNOWN', opaqueTokenClauses.issuer, 'answer is about a token of another issuer')

/**
 * The type must be there, or a refresh token, which issuers call active too, would pass for an access token. One of type
 * DPoP without its key is a contradiction (RFC 9449 §6.2). How it is presented is checked where bindings are.
 */
function checkTokenType(response: JsonObject, confirmation: Verified['confirmation']): Refusal | undefined {
  const type = stringMember(response, 'token_type')?.toLowerCase()
  if (type === 'bearer' || (type === 'dpop' && confirmation?.jkt !== undefined)) return undefined
  return refuse(
    'CREDENTIAL_REFUSED',
    opaqueTokenClauses.type,
    type === 'dpop' ? 'token_type DPoP needs cnf with jkt' : 'token_type must be Bearer or DPoP',
  )
}

/** A client that acts for itself has often no `sub` (RFC 7662 §2.2): its subject is the client then. */
function readSubject(issuer: string, response: JsonObject, role: 'subject' | 'delegation'): Result<Parties> {
  const named = [member(response, 'sub'), member(response, 'client_id')].find((name) => name !== undefined)
  return typeof named === 'string' && named !== ''
    ? readParties(issuer, named, response, role)
    : refuse('CREDENTIAL_REFUSED', opaqueTokenClauses.subject, 'answer must name a sub or a client_id')
}

function revocableId(issuer: string, response: JsonObject): readonly RevocationKey[] {
  const jti = stringMember(response, 'jti')
  return jti === undefined ? [] : [{ by: 'jti', issuer, id: jti }]
}
