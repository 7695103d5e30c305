import { clauses } from '../../core/clause.ts'
import { type JsonObject, member } from '../../core/json.ts'
import type { Jwt } from '../../core/jwt.ts'
import type { Confirmation, JwsAlgorithm } from '../../core/key.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { TrustDomain } from '../../core/spiffe-id.ts'
import type { Seconds } from '../../core/time.ts'
import { checkTimes } from '../../jose/check-times.ts'
import { checkType } from '../../jose/check-type.ts'
import type { VerifiedTokens } from '../../jose/verified-tokens.ts'
import type { TrustSource, Verifier } from '../../seams.ts'
import { checkSignature } from '../check-signature.ts'
import { confirmedAlgorithm, readConfirmation } from '../confirmation.ts'
import type { ReadPath } from '../path-template.ts'
import { rememberReading } from '../remember-reading.ts'
import { revocableFacts, revocableIds } from '../revocable-token.ts'
import { readSvidFacts } from '../svid-facts.ts'
import { readSvidSubject } from '../svid-subject.ts'
import { type TokenSaid, verifiedToken } from '../token-said.ts'

export const witSvidClauses = clauses({
  form: 'wit-svid-1-compact-jws',
  subject: 'wit-svid-3.1-subject',
  workload: 'wit-svid-3.1-workload-path',
  trustDomain: 'wit-svid-6.2-own-trust-domain',
  confirmation: 'wit-svid-3.2-cnf',
  audience: 'wit-svid-3-no-audience',
})

/** One trust domain whose WIT-SVIDs are taken; `trust` has the keys of `use: wit-svid`. */
export interface WitSvidSettings {
  readonly trustDomain: TrustDomain
  readonly trust: TrustSource
  readonly tokens: VerifiedTokens
  readonly maxLifetime: Seconds
  readonly skew: Seconds
  readonly environment?: string
  readonly readPath?: ReadPath
}

// WIT-SVID §2.3 and §3.2: for the token and for the key in it
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

/**
 * Verifies workload identity tokens (SPIFFE WIT-SVID, draft-ietf-wimse-workload-creds; experimental) of one trust domain
 * with the keys that its bundle has for them. Such a token names no audience and is nothing without a proof by the key in
 * it, whose target the proof names: `bind` requires it. `iss` is not looked at.
 */
export function createWitSvidVerifier(settings: WitSvidSettings): Verifier {
  const { trustDomain, trust, tokens, maxLifetime, skew } = settings
  const read = rememberReading((jwt) => readWit(jwt, settings))
  return {
    method: 'wit-svid',
    selectors: [{ form: 'wit', by: 'trust-domain', value: trustDomain }],
    async verify(credential, _, frame) {
      if (credential.form !== 'jwt' || credential.scheme !== 'wit') return notAToken
      const { jwt } = credential
      const wit = read(credential)
      if (!wit.ok) return wit
      const key = await checkSignature(credential, { trust, tokens, algorithms, keyId: 'required' }, frame)
      if (!key.ok) return key
      const times = checkTimes(jwt.claims, frame.now, { skew, maxLifetime })
      if (!times.ok) return times
      return ok(verifiedToken(wit.value, key.value, times.value, frame.now))
    },
  }
}

const notAToken = refuse('CREDENTIAL_MALFORMED', witSvidClauses.form, 'a workload identity token is a compact JWS')

function readWit(jwt: Jwt, settings: WitSvidSettings): Result<TokenSaid> {
  const { header, claims } = jwt
  const mistyped = checkType(header, ['wit+jwt'])
  if (mistyped) return mistyped
  if (member(claims, 'aud') !== undefined) {
    return refuse('CREDENTIAL_REFUSED', witSvidClauses.audience, 'a workload identity token must not have aud')
  }
  const subject = readSvidSubject(claims, settings.trustDomain, witSvidClauses)
  if (!subject.ok) return subject
  const confirmation = readKey(claims)
  if (!confirmation.ok) return confirmation
  const { id, trustDomain, path } = subject.value
  const facts = readSvidFacts(path, settings)
  if (!facts.ok) return facts
  const issuer = `spiffe://${trustDomain}`
  return ok({
    method: 'wit-svid',
    subject: { issuer, id, spiffe: { id, trustDomain, path } },
    claims,
    facts: facts.value,
    audienceBound: true, // by its proof, without which it is not accepted
    attested: true, // a SPIFFE issuer attests node and workload before it signs
    confirmation: confirmation.value,
    delegation: [],
    once: [],
    revocable: [...revocableIds(issuer, jwt), { by: 'trust-domain', id: trustDomain }, ...revocableFacts(facts.value)],
  })
}

/** WIT-SVID §3.2: the key of the workload, which says its own algorithm. */
function readKey(claims: JsonObject): Result<Confirmation> {
  const confirmation = readConfirmation(claims)
  if (!confirmation.ok) return confirmation
  const key = confirmation.value?.key
  const alg = confirmedAlgorithm(claims)
  return key && algorithms.some((name) => name === alg)
    ? ok({ key })
    : refuse('CREDENTIAL_REFUSED', witSvidClauses.confirmation, 'cnf must hold jwk, a public key with its alg')
}
