import { clauses } from '../../core/clause.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Jwt } from '../../core/jwt.ts'
import type { JwsAlgorithm } from '../../core/key.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { SpiffeIdParts, TrustDomain } from '../../core/spiffe-id.ts'
import type { Seconds } from '../../core/time.ts'
import { checkAudience } from '../../jose/check-audience.ts'
import { checkTimes } from '../../jose/check-times.ts'
import { checkType } from '../../jose/check-type.ts'
import type { VerifiedTokens } from '../../jose/verified-tokens.ts'
import type { TrustSource, Verifier } from '../../seams.ts'
import { checkSignature } from '../check-signature.ts'
import { readConfirmation } from '../confirmation.ts'
import type { ReadPath } from '../path-template.ts'
import { rememberReading } from '../remember-reading.ts'
import { revocableFacts, revocableIds } from '../revocable-token.ts'
import { hasOneAudience } from '../has-one-audience.ts'
import { readSvidFacts } from '../svid-facts.ts'
import { readSvidSubject } from '../svid-subject.ts'
import { type TokenSaid, verifiedToken } from '../token-said.ts'

export const jwtSvidClauses = clauses({
  header: 'jwt-svid-2-header',
  form: 'jwt-svid-2-compact-jws',
  subject: 'jwt-svid-3.1-subject',
  workload: 'spiffe-id-2.2-workload-path',
  trustDomain: 'jwt-svid-6.1-own-trust-domain',
})

/** One trust domain whose JWT-SVIDs are taken, and what configuration knows about it. */
export interface JwtSvidSettings {
  readonly trustDomain: TrustDomain
  readonly trust: TrustSource
  readonly tokens: VerifiedTokens
  readonly maxLifetime: Seconds
  readonly skew: Seconds
  readonly environment?: string
  readonly readPath?: ReadPath
}

// JWT-SVID §2.1: no EdDSA, no symmetric algorithm
const algorithms: readonly JwsAlgorithm[] = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
]
const headerMembers = new Set(['alg', 'kid', 'typ'])

/** Verifies JWT-SVIDs (SPIFFE JWT-SVID) of one trust domain with the bundle of that domain alone. */
export function createJwtSvidVerifier(settings: JwtSvidSettings): Verifier {
  const { trustDomain, trust, tokens, maxLifetime, skew } = settings
  const nameOf = rememberReading((jwt) => readName(jwt, trustDomain))
  const said = rememberReading((jwt, name: SpiffeIdParts) => readSaid(jwt, name, settings)) // once its signature is good
  return {
    method: 'jwt-svid',
    selectors: [{ form: 'jwt', by: 'trust-domain', value: trustDomain }],
    async verify(credential, { service }, frame) {
      if (credential.form !== 'jwt') return notAToken
      const { claims } = credential.jwt
      const name = nameOf(credential)
      if (!name.ok) return name
      const key = await checkSignature(credential, { trust, tokens, algorithms, keyId: 'required' }, frame)
      if (!key.ok) return key
      const times = checkTimes(claims, frame.now, { skew, maxLifetime })
      if (!times.ok) return times
      const foreign = checkAudience(claims, service.audiences)
      if (foreign) return foreign
      const rest = said(credential, name.value)
      return rest.ok ? ok(verifiedToken(rest.value, key.value, times.value, frame.now)) : rest
    },
  }
}

const notAToken = refuse('CREDENTIAL_MALFORMED', jwtSvidClauses.form, 'a JWT-SVID is a compact JWS')

function readName({ header, claims }: Jwt, own: TrustDomain): Result<SpiffeIdParts> {
  const refusal = checkHeader(header.members) ?? checkType(header, ['JWT', 'JOSE'], { optional: true })
  return refusal ?? readSvidSubject(claims, own, jwtSvidClauses)
}

function readSaid(jwt: Jwt, { id, trustDomain, path }: SpiffeIdParts, settings: JwtSvidSettings): Result<TokenSaid> {
  const { claims } = jwt
  const confirmation = readConfirmation(claims)
  if (!confirmation.ok) return confirmation
  const facts = readSvidFacts(path, settings)
  if (!facts.ok) return facts
  const issuer = `spiffe://${trustDomain}`
  return ok({
    method: 'jwt-svid',
    subject: { issuer, id, spiffe: { id, trustDomain, path } },
    claims,
    facts: facts.value,
    audienceBound: hasOneAudience(claims),
    attested: true, // a SPIFFE issuer attests node and workload before it signs
    ...(confirmation.value && { confirmation: confirmation.value }),
    delegation: [],
    once: [],
    revocable: [...revocableIds(issuer, jwt), { by: 'trust-domain', id: trustDomain }, ...revocableFacts(facts.value)],
  })
}

function checkHeader(header: JsonObject): Refusal | undefined {
  return Object.keys(header).every((name) => headerMembers.has(name))
    ? undefined
    : refuse('CREDENTIAL_REFUSED', jwtSvidClauses.header, 'header of a JWT-SVID may hold alg, kid and typ')
}
