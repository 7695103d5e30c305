import type { Fact } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import { type JsonObject, stringMember } from '../../core/json.ts'
import type { Jwt } from '../../core/jwt.ts'
import type { JwsAlgorithm } from '../../core/key.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
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
import { hasOneAudience } from '../has-one-audience.ts'
import { rememberReading } from '../remember-reading.ts'
import { revocableFacts, revocableIds } from '../revocable-token.ts'
import { type TokenSaid, verifiedToken } from '../token-said.ts'

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
  const { issuer, trust, tokens, algorithms, maxLifetime, skew } = settings
  const profileOf = rememberReading((jwt) => readProfile(jwt, settings))
  const said = rememberReading((jwt) => readSaid(jwt, settings)) // once its signature is good: it may hold a key to import
  return {
    method: 'issuer-jwt',
    selectors: [{ form: 'jwt', by: 'issuer', value: issuer }],
    async verify(credential, { service }, frame) {
      if (credential.form !== 'jwt') return notAToken
      const { jwt } = credential
      const profile = profileOf(credential)
      if (!profile.ok) return profile
      const key = await checkSignature(credential, { trust, tokens, algorithms, keyId: 'optional' }, frame)
      if (!key.ok) return key
      const requireIat = profile.value.issuedAt === 'required'
      const times = checkTimes(jwt.claims, frame.now, { skew, maxLifetime, requireIat })
      if (!times.ok) return times
      const foreign = checkAudience(jwt.claims, service.audiences)
      if (foreign) return foreign
      const rest = said(credential)
      if (!rest.ok) return rest
      return ok(verifiedToken({ ...rest.value, method: profile.value.name }, key.value, times.value, frame.now))
    },
  }
}

const notAToken = refuse('CREDENTIAL_MALFORMED', issuerJwtClauses.form, 'token must be a JWT')

/** The profile of a token by its type (RFC 7515 §4.1.9: `application/` may be left out, and case does not matter). */
function readProfile({ header, claims }: Jwt, { issuer, profiles }: IssuerJwtSettings): Result<Profile> {
  const type = (header.typ ?? '').toLowerCase().replace(/^application\//, '')
  const profile = profiles.find(({ types }) => types.includes(type))
  if (!profile) return refuse('CREDENTIAL_REFUSED', issuerJwtClauses.type, 'typ is not one taken from this issuer')
  return checkIssuer(claims, issuer) ?? checkRequired(claims, profile) ?? ok(profile)
}

function readSaid(jwt: Jwt, settings: IssuerJwtSettings): Result<Omit<TokenSaid, 'method'>> {
  const { claims } = jwt
  const { issuer, environment, role = 'subject' } = settings
  const confirmation = readConfirmation(claims)
  if (!confirmation.ok) return confirmation
  const parties = readParties(issuer, stringMember(claims, 'sub') ?? '', claims, role)
  if (!parties.ok) return parties
  const fromClaims = role === 'delegation' ? ok([]) : readClaimFacts(claims, settings.facts ?? {})
  if (!fromClaims.ok) return fromClaims
  const configured: readonly Fact[] =
    environment === undefined || role === 'delegation'
      ? []
      : [{ name: 'environment', value: environment, source: 'config' }]
  return ok({
    ...parties.value,
    claims,
    facts: [...configured, ...fromClaims.value],
    audienceBound: hasOneAudience(claims),
    attested: false,
    ...(role === 'delegation' && { role }),
    ...(confirmation.value && { confirmation: confirmation.value }),
    once: [],
    revocable: [...revocableIds(issuer, jwt), ...revocableFacts(fromClaims.value)],
  })
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
