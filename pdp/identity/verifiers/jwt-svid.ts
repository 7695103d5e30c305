import type { Fact } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import { type JsonObject, stringMember } from '../../core/json.ts'
import type { Jwt } from '../../core/jwt.ts'
import type { JwsAlgorithm } from '../../core/key.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { parseSpiffeId, type SpiffeIdParts, type TrustDomain } from '../../core/spiffe-id.ts'
import type { Seconds } from '../../core/time.ts'
import { checkAudience } from '../../jose/check-audience.ts'
import { checkTimes } from '../../jose/check-times.ts'
import { checkType } from '../../jose/check-type.ts'
import type { VerifiedTokens } from '../../jose/verified-tokens.ts'
import type { TrustSource, Verified, Verifier } from '../../seams.ts'
import { checkSignature } from '../check-signature.ts'
import { readConfirmation } from '../confirmation.ts'
import type { ReadPath } from '../path-template.ts'
import { rememberByJwt } from '../remember-by-jwt.ts'
import { revocableToken } from '../revocable-token.ts'
import { hasOneAudience } from '../has-one-audience.ts'
import { readSvidFacts } from '../svid-facts.ts'

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
  const read = rememberByJwt((jwt) => readSvid(jwt, settings))
  return {
    method: 'jwt-svid',
    selectors: [{ form: 'jwt', by: 'trust-domain', value: trustDomain }],
    async verify(credential, { service }, frame) {
      if (credential.form !== 'jwt') return notAToken
      const { claims } = credential.jwt
      const svid = read(credential.jwt)
      if (!svid.ok) return svid
      const { said, confirmation, facts } = svid.value
      const key = await checkSignature(credential, { trust, tokens, algorithms, keyId: 'required' }, frame)
      if (!key.ok) return key
      const times = checkTimes(claims, frame.now, { skew, maxLifetime })
      if (!times.ok) return times
      const foreign = checkAudience(claims, service.audiences)
      if (foreign) return foreign
      if (!confirmation.ok) return confirmation
      if (!facts.ok) return facts
      const { issuedAt = frame.now, expiresAt } = times.value
      const { issuer, id } = said.subject
      const revocable = [...revocableToken(issuer, id, credential.jwt, key.value.id, issuedAt), ...said.revocable]
      return ok({
        ...said,
        ...(times.value.issuedAt !== undefined && { attestedAt: times.value.issuedAt }),
        issuedAt,
        expiresAt,
        revocable,
        ...(confirmation.value && { confirmation: confirmation.value }),
      })
    },
  }
}

const notAToken = refuse('CREDENTIAL_MALFORMED', jwtSvidClauses.form, 'a JWT-SVID is a compact JWS')

/** What a JWT-SVID says, whoever signed it and whenever it is read. */
interface Svid {
  readonly confirmation: Result<Verified['confirmation']>
  readonly facts: Result<readonly Fact[]>
  readonly said: Omit<Verified, 'issuedAt' | 'expiresAt' | 'confirmation'>
}

function readSvid({ header, claims }: Jwt, settings: JwtSvidSettings): Result<Svid> {
  const refusal = checkHeader(header.members) ?? checkType(header, ['JWT', 'JOSE'], { optional: true })
  if (refusal) return refusal
  const subject = readSubject(claims, settings.trustDomain)
  if (!subject.ok) return subject
  const { id, trustDomain, path } = subject.value
  const facts = readSvidFacts(path, settings)
  const known = facts.ok ? facts.value : []
  return ok({
    confirmation: readConfirmation(claims),
    facts,
    said: {
      method: 'jwt-svid',
      subject: { issuer: `spiffe://${trustDomain}`, id, spiffe: { id, trustDomain, path } },
      claims,
      facts: known,
      audienceBound: hasOneAudience(claims),
      attested: true, // a SPIFFE issuer attests node and workload before it signs
      delegation: [],
      once: [],
      revocable: [
        { by: 'trust-domain', id: trustDomain },
        ...known.map(({ name, value }) => ({ by: 'fact' as const, name, id: value })),
      ],
    },
  })
}

function checkHeader(header: JsonObject): Refusal | undefined {
  return Object.keys(header).every((name) => headerMembers.has(name))
    ? undefined
    : refuse('CREDENTIAL_REFUSED', jwtSvidClauses.header, 'header of a JWT-SVID may hold alg, kid and typ')
}

function readSubject(claims: JsonObject, own: TrustDomain): Result<SpiffeIdParts> {
  const text = stringMember(claims, 'sub')
  if (text === undefined) return refuse('CREDENTIAL_MALFORMED', jwtSvidClauses.subject, 'sub must be a SPIFFE ID')
  const id = parseSpiffeId(text)
  if (!id.ok) return id
  if (id.value.path === '') {
    return refuse('CREDENTIAL_REFUSED', jwtSvidClauses.workload, 'SPIFFE ID names a trust domain, not a workload')
  }
  return id.value.trustDomain === own
    ? id
    : refuse('ISSUER_UNKNOWN', jwtSvidClauses.trustDomain, 'SPIFFE ID is of another trust domain')
}
