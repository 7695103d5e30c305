import { jsonClauses } from '../../core/read-json.ts'
import { spiffeIdClauses } from '../../core/spiffe-id.ts'
import { tokenSignatureClauses } from '../../identity/check-signature.ts'
import { claimFactsClauses } from '../../identity/claim-facts.ts'
import { confirmationClauses } from '../../identity/confirmation.ts'
import { delegationClauses } from '../../identity/delegation.ts'
import { platformClauses } from '../../identity/platform-claims.ts'
import { profiles } from '../../identity/profiles/list.ts'
import type { PlatformFact } from '../../identity/profiles/profile.ts'
import { issuerJwtClauses } from '../../identity/verifiers/issuer-jwt.ts'
import { jwtSvidClauses } from '../../identity/verifiers/jwt-svid.ts'
import { witSvidClauses } from '../../identity/verifiers/wit-svid.ts'
import { opaqueTokenClauses } from '../../identity/verifiers/opaque-token.ts'
import { kubernetesReviewClauses } from '../../identity/verifiers/kubernetes-review.ts'
import { audienceClauses } from '../../jose/check-audience.ts'
import { timeClauses } from '../../jose/check-times.ts'
import { typeClauses } from '../../jose/check-type.ts'
import { jwsHeaderClauses } from '../../jose/read-jws-header.ts'
import { compactJwsClauses } from '../../jose/read-jws.ts'
import { jwtClauses } from '../../jose/read-jwt.ts'
import { jwkClauses } from '../../jose/read-jwk.ts'
import { publicJwkClauses } from '../../jose/read-public-jwk.ts'
import { jsonPartClauses } from '../../jose/read-object.ts'
import { signatureClauses } from '../../jose/verify-jws.ts'
import { checkFreshClauses } from '../../trust/check-fresh.ts'
import { introspectionEndpointClauses } from '../../trust/introspection-endpoint.ts'
import { introspectorClauses } from '../../trust/introspector.ts'
import { readTextFileClauses } from '../../trust/read-text-file.ts'
import { tokenReviewClauses } from '../../trust/token-review.ts'
import { remoteJwksClauses } from '../../trust/remote-jwks.ts'
import { selectKeysClauses } from '../../trust/select-keys.ts'
import { issuerOf, type Seen, show, showClaim, showConfirmation, showDate, showTime } from './seen.ts'
import { all, type Check } from './check.ts'
import { path } from './common-checks.ts'

const jws = all(compactJwsClauses, jwsHeaderClauses, jsonPartClauses, jwtClauses, jsonClauses)
export const jwtForm: Check = {
  name: 'form',
  clauses: jws,
  expected: () => 'a compact JWS of three parts, strict base64url and JSON, without key-bearing headers',
  got: ({ jwt }) => (jwt ? `alg ${show(jwt.header.alg)}, kid ${show(jwt.header.kid)}` : 'not readable as one'),
}
const signature: Check = {
  name: 'signature',
  clauses: all(tokenSignatureClauses, signatureClauses, selectKeysClauses, checkFreshClauses, remoteJwksClauses),
  expected: () => 'good under a key that its issuer has now',
  got: ({ jwt }) => (jwt ? `by kid ${show(jwt.header.kid)} with ${show(jwt.header.alg)}` : 'absent'),
}
export const times: Check = {
  name: 'times',
  clauses: all(timeClauses),
  expected: ({ config, now }) => `good at ${showTime(now)}, give or take ${config.limits.clock_skew_s} s`,
  got: (seen) => ['iat', 'nbf', 'exp'].map((name) => `${name} ${showDate(seen, name)}`).join(', '),
}
export const audience: Check = {
  name: 'audience',
  clauses: all(audienceClauses),
  expected: ({ service }) => service.audiences.map((one) => show(one)).join(' or '),
  got: (seen) => `aud ${showClaim(seen, 'aud')}`,
}
export const confirmation: Check = {
  name: 'confirmation',
  clauses: all(confirmationClauses, jwkClauses, publicJwkClauses),
  expected: () => 'jkt, jwk, x5t#S256, or no cnf',
  got: (seen) => `cnf ${showConfirmation(seen)}`,
}
const parties: Check = {
  name: 'parties',
  clauses: all(delegationClauses),
  expected: () => 'a subject that is no SPIFFE ID; at most four actors',
  got: (seen) => `sub ${showClaim(seen, 'sub')}, act ${showClaim(seen, 'act')}`,
}
const facts: Check = {
  name: 'facts',
  clauses: all(claimFactsClauses),
  expected: (seen) => Object.values(issuerOf(seen)?.facts ?? {}).join(', ') || 'none',
  got: (seen) =>
    Object.values(issuerOf(seen)?.facts ?? {})
      .map((claim) => `${claim} ${showClaim(seen, claim)}`)
      .join(', ') || 'none',
}
const platform: Check = {
  name: 'platform',
  clauses: all(platformClauses),
  expected: (seen) => {
    const pins = Object.entries(issuerOf(seen)?.pins ?? {}).map(([name, values]) => `${name} ${values.join(' or ')}`)
    return [...pins, 'what its profile demands, if it has one'].join(', ')
  },
  got: (seen) =>
    platformFacts(seen)
      .flatMap(({ claims: [[claim, ...inner]] }) => (inner.length === 0 ? [`${claim} ${showClaim(seen, claim)}`] : []))
      .join(', ') || 'no claims of a platform',
}
const platformFacts = (seen: Seen): readonly PlatformFact[] =>
  profiles.find(({ name }) => issuerOf(seen)?.profiles.includes(name))?.platform?.facts ?? []
export const issuerJwt: readonly Check[] = [
  {
    name: 'type',
    clauses: [issuerJwtClauses.form, issuerJwtClauses.type],
    expected: (seen) =>
      profiles
        .filter(({ name }) => issuerOf(seen)?.profiles.includes(name))
        .flatMap(({ types }) => types)
        .map((type) => (type === '' ? 'none' : type))
        .join(' or '),
    got: ({ jwt }) => `typ ${show(jwt?.header.typ)}`,
  },
  {
    name: 'required claims',
    clauses: [issuerJwtClauses.issuer, issuerJwtClauses.required],
    expected: () => 'those of its type, each a text',
    got: (seen) => ['iss', 'sub', 'client_id', 'jti'].map((name) => `${name} ${showClaim(seen, name)}`).join(', '),
  },
  signature,
  times,
  audience,
  confirmation,
  parties,
  platform,
  facts,
]

export const kubernetesReview: readonly Check[] = [
  ...issuerJwt,
  {
    name: 'review',
    clauses: all(introspectorClauses, tokenReviewClauses, readTextFileClauses),
    expected: () => 'an answer of the API server of its cluster',
  },
  {
    name: 'review of the token',
    clauses: all(kubernetesReviewClauses),
    expected: () => 'authenticated, for this service, and of the workload that the token names',
  },
]

export const jwtSvid: readonly Check[] = [
  {
    name: 'header',
    clauses: [jwtSvidClauses.form, jwtSvidClauses.header, ...all(typeClauses)],
    expected: () => 'alg, kid and typ alone; typ JWT, JOSE or none',
    got: ({ jwt }) =>
      `${Object.keys(jwt?.header.members ?? {})
        .map((name) => show(name))
        .join(', ')}; typ ${show(jwt?.header.typ)}`,
  },
  {
    name: 'SPIFFE ID',
    clauses: [jwtSvidClauses.subject, jwtSvidClauses.workload, jwtSvidClauses.trustDomain, ...all(spiffeIdClauses)],
    expected: () => 'of a workload in its own trust domain',
    got: (seen) => `sub ${showClaim(seen, 'sub')}`,
  },
  signature,
  times,
  audience,
  confirmation,
  path,
]

export const witSvid: readonly Check[] = [
  {
    name: 'type',
    clauses: [witSvidClauses.form, ...all(typeClauses)],
    expected: () => 'wit+jwt',
    got: ({ jwt }) => `typ ${show(jwt?.header.typ)}`,
  },
  {
    name: 'audience',
    clauses: [witSvidClauses.audience],
    expected: () => 'none: its proof names the target',
    got: (seen) => `aud ${showClaim(seen, 'aud')}`,
  },
  {
    name: 'SPIFFE ID',
    clauses: [witSvidClauses.subject, witSvidClauses.workload, witSvidClauses.trustDomain, ...all(spiffeIdClauses)],
    expected: () => 'of a workload in its own trust domain',
    got: (seen) => `sub ${showClaim(seen, 'sub')}`,
  },
  {
    name: 'key of the workload',
    clauses: [witSvidClauses.confirmation, ...all(confirmationClauses, jwkClauses, publicJwkClauses)],
    expected: () => 'cnf.jwk, a public key with its alg',
    got: (seen) => `cnf ${showConfirmation(seen)}`,
  },
  path,
  signature,
  times,
]

export const opaque: readonly Check[] = [
  {
    name: 'form',
    clauses: [opaqueTokenClauses.form, opaqueTokenClauses.characters],
    expected: () => 'letters, digits and - . _ ~ + / alone',
  },
  {
    name: 'introspection',
    clauses: all(introspectorClauses, introspectionEndpointClauses),
    expected: (seen) => `an answer of ${show(issuerOf(seen)?.issuer)}`,
    got: ({ claims }) => (claims ? 'answered' : 'none'),
  },
  {
    name: 'active',
    clauses: [opaqueTokenClauses.active],
    expected: () => 'true',
    got: (seen) => showClaim(seen, 'active'),
  },
  {
    name: 'issuer of the answer',
    clauses: [opaqueTokenClauses.issuer],
    expected: (seen) => `${show(issuerOf(seen)?.issuer)}, or absent`,
    got: (seen) => showClaim(seen, 'iss'),
  },
  times,
  audience,
  confirmation,
  {
    name: 'type',
    clauses: [opaqueTokenClauses.type],
    expected: () => 'Bearer, or DPoP with a key',
    got: (seen) => `token_type ${showClaim(seen, 'token_type')}`,
  },
  {
    name: 'parties',
    clauses: [opaqueTokenClauses.subject, ...all(delegationClauses)],
    expected: () => 'a sub or a client_id that is no SPIFFE ID',
    got: (seen) => `sub ${showClaim(seen, 'sub')}, client_id ${showClaim(seen, 'client_id')}`,
  },
  facts,
]
