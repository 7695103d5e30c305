import type { Fact } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import { type JsonObject, stringMember } from '../../core/json.ts'
import type { JwsAlgorithm } from '../../core/key.ts'
import { ok, type Refusal, refuse } from '../../core/result.ts'
import type { Seconds } from '../../core/time.ts'
import { checkAudience } from '../../jose/check-audience.ts'
import { checkTimes } from '../../jose/check-times.ts'
import type { VerifiedTokens } from '../../jose/verified-tokens.ts'
import type { TrustSource, Verifier } from '../../seams.ts'
import { checkSignature } from '../check-signature.ts'
import { type ClaimFacts, readClaimFacts } from '../claim-facts.ts'
import { readConfirmation } from '../confirmation.ts'
import { readParties } from '../delegation.ts'
import type { Profile } from '../profiles/profile.ts'
import { revocableFacts, revocableParties, revocableToken } from '../revocable-token.ts'
import { hasOneAudience } from '../has-one-audience.ts'

export const issuerJwtClauses = clauses({
  form: 'rfc7519-7.2-jwt',
  type: 'issuer-jwt-profile-typ',
  issuer: 'rfc7519-4.1.1-issuer',
  required: 'rfc9068-2.2-required-claims',
})

/** One issuer, the kinds of token taken from it, and what configuration knows about it. */
export interface IssuerJwtSettings {
  readonly issuer: string
  readonly profiles: readonly Profile[]
  readonly trust: TrustSource
  readonly tokens: VerifiedTokens
  readonly algorithms: readonly JwsAlgorithm[]
  readonly maxLifetime: Seconds
  readonly skew: Seconds
  readonly environment?: string
  /** Claims that are facts about the caller. */
  readonly facts?: ClaimFacts
  /** Whether its tokens speak for the caller, or for whom the caller acts. */
  readonly role?: 'subject' | 'delegation'
}

/** Verifies the JWTs of one issuer; the type of a token picks the profile it must meet. */
export function createIssuerJwtVerifier(settings: IssuerJwtSettings): Verifier {
  const { issuer, profiles, trust, tokens, algorithms, maxLifetime, skew, environment, role = 'subject' } = settings
  const configured: readonly Fact[] =
    environment === undefined || role === 'delegation'
      ? []
      : [{ name: 'environment', value: environment, source: 'config' }]
  return {
    method: 'issuer-jwt',
    selectors: [{ form: 'jwt', by: 'issuer', value: issuer }],
    async verify(credential, { service }, frame) {
      if (credential.form !== 'jwt') return refuse('CREDENTIAL_MALFORMED', issuerJwtClauses.form, 'token must be a JWT')
      const { jwt } = credential
      const profile = profileOf(jwt.header.typ, profiles)
      if (!profile) return refuse('CREDENTIAL_REFUSED', issuerJwtClauses.type, 'typ is not one taken from this issuer')
      const wrong = checkIssuer(jwt.claims, issuer) ?? checkRequired(jwt.claims, profile)
      if (wrong) return wrong
      const key = await checkSignature(credential, { trust, tokens, algorithms, keyId: 'optional' }, frame)
      if (!key.ok) return key
      const times = checkTimes(jwt.claims, frame.now, {
        skew,
        maxLifetime,
        requireIat: profile.issuedAt === 'required',
      })
      if (!times.ok) return times
      const foreign = checkAudience(jwt.claims, service.audiences)
      if (foreign) return foreign
      const confirmation = readConfirmation(jwt.claims)
      if (!confirmation.ok) return confirmation
      const parties = readParties(issuer, stringMember(jwt.claims, 'sub') ?? '', jwt.claims, role)
      if (!parties.ok) return parties
      const { subject, delegation } = parties.value
      const fromClaims = role === 'delegation' ? ok([]) : readClaimFacts(jwt.claims, settings.facts ?? {})
      if (!fromClaims.ok) return fromClaims
      const facts = [...configured, ...fromClaims.value]
      const { issuedAt = frame.now, expiresAt } = times.value
      return ok({
        method: profile.name,
        subject,
        claims: jwt.claims,
        facts,
        issuedAt,
        expiresAt,
        audienceBound: hasOneAudience(jwt.claims),
        attested: false,
        ...(times.value.issuedAt !== undefined && { attestedAt: times.value.issuedAt }),
        ...(role === 'delegation' && { role }),
        ...(confirmation.value && { confirmation: confirmation.value }),
        delegation,
        once: [],
        revocable: [
          ...revocableToken(issuer, subject.id, jwt, key.value.id, issuedAt),
          ...revocableFacts(fromClaims.value),
          ...revocableParties(delegation, issuedAt),
        ],
      })
    },
  }
}

/** RFC 7515 §4.1.9: `application/` may be left out, and case does not matter. */
function profileOf(typ: string | undefined, profiles: readonly Profile[]): Profile | undefined {
  const type = (typ ?? '').toLowerCase().replace(/^application\//, '')
  return profiles.find(({ types }) => types.includes(type))
}

function checkIssuer(claims: JsonObject, issuer: string): Refusal | undefined {
  return stringMember(claims, 'iss') === issuer
    ? undefined
    : refuse('ISSUER_UNKNOWN', issuerJwtClauses.issuer, 'issuer is not the one configured')
}

function checkRequired(claims: JsonObject, { required }: Profile): Refusal | undefined {
  const missing = required.find((name) => !stringMember(claims, name))
  return missing === undefined
    ? undefined
    : refuse(
        'CREDENTIAL_REFUSED',
        issuerJwtClauses.required,
        `claim \`${missing}\` must be there, a string that is not empty`,
      )
}
