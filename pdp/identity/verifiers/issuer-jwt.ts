import type { Fact } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import { type JsonObject, stringMember } from '../../core/json.ts'
import type { Jwt } from '../../core/jwt.ts'
import type { JwsAlgorithm } from '../../core/key.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { type Instant, plus, type Seconds, seconds } from '../../core/time.ts'
import { checkAudience } from '../../jose/check-audience.ts'
import { checkTimes, type TokenTimes } from '../../jose/check-times.ts'
import type { VerifiedTokens } from '../../jose/verified-tokens.ts'
import type { TrustSource, Use, Verifier } from '../../seams.ts'
import { sha256 } from '../../core/digest.ts'
import { checkSignature } from '../check-signature.ts'
import { type ClaimFacts, readClaimFacts } from '../claim-facts.ts'
import { readConfirmation } from '../confirmation.ts'
import { readParties } from '../delegation.ts'
import { type PlatformSaid, platformEnd, readPlatformClaims } from '../platform-claims.ts'
import { allPins, type Pins } from '../platform-pins.ts'
import type { Platform, Profile } from '../profiles/profile.ts'
import { hasOneAudience } from '../has-one-audience.ts'
import { rememberReading } from '../remember-reading.ts'
import { revocableFacts, revocableIds } from '../revocable-token.ts'
import { subjectIdOf } from '../subject-id.ts'
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
  /** Of a platform: values of facts that are taken, the name of the cluster, and whether a token is good once per service. */
  readonly pins?: Pins
  readonly cluster?: string
  readonly singleUse?: boolean
}

/** Verifies the JWTs of one issuer; the type of a token picks the profile it must meet. */
export function createIssuerJwtVerifier(settings: IssuerJwtSettings): Verifier {
  const { issuer, trust, tokens, algorithms, maxLifetime, skew } = settings
  const profileOf = rememberReading((jwt) => readProfile(jwt, settings))
  const said = rememberReading((jwt, profile: Profile) => readSaid(jwt, profile, settings)) // once its signature is good: it may hold a key to import
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
      const { platform } = profile.value
      const claims = platform ? platformEnd(jwt.claims, platform) : jwt.claims
      const times = checkTimes(claims, frame.now, { skew, maxLifetime, requireIat })
      if (!times.ok) return times
      const foreign = checkAudience(jwt.claims, service.audiences)
      if (foreign) return foreign
      const rest = said(credential, profile.value)
      if (!rest.ok) return rest
      const once = isSingle(platform, settings) ? [useOf(jwt, settings, service.name, times.value, frame.now)] : []
      const method = profile.value.name
      return ok(verifiedToken({ ...rest.value, method, once }, key.value, times.value, frame.now))
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

type Said = Omit<TokenSaid, 'method' | 'once'>

function readSaid(jwt: Jwt, { platform }: Profile, settings: IssuerJwtSettings): Result<Said> {
  const { claims } = jwt
  const { issuer, environment, cluster, role = 'subject' } = settings
  const confirmation = readConfirmation(claims)
  if (!confirmation.ok) return confirmation
  const parties = readParties(issuer, stringMember(claims, 'sub') ?? '', claims, role)
  if (!parties.ok) return parties
  const ofPlatform: Result<PlatformSaid | undefined> = platform
    ? readPlatformClaims(claims, platform, allPins(issuer, platform, settings.pins ?? {}))
    : ok(undefined)
  if (!ofPlatform.ok) return ofPlatform
  const fromClaims = role === 'delegation' ? ok([]) : readClaimFacts(claims, settings.facts ?? {})
  if (!fromClaims.ok) return fromClaims
  const configured = role === 'delegation' ? [] : configuredFacts({ environment, cluster })
  const said = [...(ofPlatform.value?.facts ?? []), ...fromClaims.value]
  return ok({
    ...parties.value,
    ...(ofPlatform.value && { subject: { issuer, id: subjectIdOf(issuer, ofPlatform.value.name) } }),
    claims,
    facts: [...configured, ...said],
    audienceBound: hasOneAudience(claims),
    attested: ofPlatform.value?.attested === true,
    ...(role === 'delegation' && { role }),
    ...(confirmation.value && { confirmation: confirmation.value }),
    revocable: [...revocableIds(issuer, jwt), ...revocableFacts(said)],
  })
}

/** What configuration says about every caller of an issuer. */
const configuredFacts = (values: Readonly<Record<string, string | undefined>>): readonly Fact[] =>
  Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value, source: 'config' }]))

const isSingle = (platform: Platform | undefined, { singleUse }: IssuerJwtSettings): boolean =>
  platform?.single === true && singleUse !== false

/** One use for each service: by the token's id, or where it has none by what was signed, since signatures are malleable. */
function useOf(
  { claims, signingInput }: Jwt,
  { issuer, skew }: IssuerJwtSettings,
  service: string,
  { expiresAt, issuedAt }: TokenTimes,
  now: Instant,
): Use {
  const id = stringMember(claims, 'jti') ?? sha256(signingInput)
  return {
    purpose: 'platform-token',
    parts: [service, issuer, id],
    issuedAt: plus(issuedAt ?? now, seconds(0 - skew)), // it may be that much ahead, and have been used before a start
    until: plus(expiresAt, skew),
  }
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
