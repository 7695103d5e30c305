import type { Ask } from '../../pdp/core/ask.ts'
import type { Caller } from '../../pdp/core/caller.ts'
import type { Frame } from '../../pdp/core/frame.ts'
import type { Result } from '../../pdp/core/result.ts'
import { parseTrustDomain, type TrustDomain } from '../../pdp/core/spiffe-id.ts'
import { seconds } from '../../pdp/core/time.ts'
import { createMemoryFirstUse } from '../../pdp/first-use/memory-store.ts'
import { createOpenToken } from '../../pdp/identity/open-token.ts'
import { createPathTemplate } from '../../pdp/identity/path-template.ts'
import { accessToken as accessTokenProfile } from '../../pdp/identity/profiles/access-token.ts'
import { oidc } from '../../pdp/identity/profiles/oidc.ts'
import { createCertificateBinding } from '../../pdp/identity/proofs/certificate-binding.ts'
import { createDpopProof } from '../../pdp/identity/proofs/dpop.ts'
import { createHttpSignatureProof } from '../../pdp/identity/proofs/http-signature.ts'
import { createWptProof } from '../../pdp/identity/proofs/wpt.ts'
import { createNonces } from '../../pdp/identity/proofs/nonces.ts'
import type { Registry, Verifier } from '../../pdp/seams.ts'
import { createApiKeyVerifier } from '../../pdp/identity/verifiers/api-key.ts'
import { createClientSecretVerifier } from '../../pdp/identity/verifiers/client-secret.ts'
import { createHmacTokenVerifier } from '../../pdp/identity/verifiers/hmac-token.ts'
import { createIssuerJwtVerifier } from '../../pdp/identity/verifiers/issuer-jwt.ts'
import { createJwtSvidVerifier } from '../../pdp/identity/verifiers/jwt-svid.ts'
import { createX509SvidVerifier } from '../../pdp/identity/verifiers/x509-svid.ts'
import { createKubernetesReviewVerifier } from '../../pdp/identity/verifiers/kubernetes-review.ts'
import { createMtlsVerifier } from '../../pdp/identity/verifiers/mtls.ts'
import { createOpaqueTokenVerifier } from '../../pdp/identity/verifiers/opaque-token.ts'
import { createWitSvidVerifier } from '../../pdp/identity/verifiers/wit-svid.ts'
import { createAwsSigV4Verifier } from '../../pdp/identity/verifiers/aws-sigv4.ts'
import { createKeyPairJwtVerifier } from '../../pdp/identity/verifiers/key-pair-jwt.ts'
import { createPrivateKeyJwtVerifier } from '../../pdp/identity/verifiers/private-key-jwt.ts'
import { createVerify, type VerifyParts } from '../../pdp/identity/verify.ts'
import { createVerifiedTokens } from '../../pdp/jose/verified-tokens.ts'
import { createStaticKeys } from '../../pdp/trust/static-keys.ts'
import { peppers, registryIssuer, registryOf, worldClients } from './clients.ts'
import { azureVerifier } from './azure.ts'
import { frameAt, noon } from './clock.ts'
import { platformVerifier, testReviewer } from './platforms.ts'
import {
  checkout,
  domainAnchors,
  issuerKey,
  oauthIssuer,
  opaqueIssuer,
  partnerAnchors,
  partnerName,
  svidKey,
  testIntrospector,
  trustDomain,
  witKey,
} from './world.ts'

/** A trust domain of a test. */
export const domain = (text: string): TrustDomain => {
  const parsed = parseTrustDomain(text)
  if (!parsed.ok) throw new Error(parsed.detail)
  return parsed.value
}

/** The nonces of the test world. */
export const nonces = createNonces(Buffer.alloc(32, 'nonces of the test world'), {
  window: seconds(60),
  skew: seconds(5),
})

/** A verifier of the API keys of a registry. */
export const apiKeyVerifier = (registry: Registry): Verifier =>
  createApiKeyVerifier({
    issuer: registryIssuer,
    registry,
    peppers,
    prefix: 'sp',
    environment: 'prod',
    knownFor: seconds(30),
  })

/** Verifiers of what the test world's registry has. */
export const registryVerifiers = (registry = registryOf(worldClients)) => [
  apiKeyVerifier(registry),
  createClientSecretVerifier({ issuer: registryIssuer, registry, peppers, knownFor: seconds(30) }),
  createHmacTokenVerifier({ issuer: registryIssuer, registry, maxLifetime: seconds(900), skew: seconds(30) }),
  createAwsSigV4Verifier({
    issuer: registryIssuer,
    registry,
    region: 'eu-central-1',
    v4a: true,
    skew: seconds(5),
    paths: 'encoded-twice',
    payload: 'compare',
  }),
  createKeyPairJwtVerifier({ issuer: registryIssuer, registry, maxLifetime: seconds(300), skew: seconds(30) }),
  createPrivateKeyJwtVerifier({ issuer: registryIssuer, registry, skew: seconds(30) }),
]

/** The parts of a first gate with real verifiers, proofs and stores over the keys and clients of the test world. */
export function firstGateParts(clients = worldClients): VerifyParts {
  const tokens = createVerifiedTokens()
  const trustOf = (name: string, key: typeof svidKey) =>
    createStaticKeys({ name, keys: [key.verification], clock: () => noon })
  return {
    verifiers: [
      createJwtSvidVerifier({
        trustDomain: domain(trustDomain),
        trust: trustOf(trustDomain, svidKey),
        tokens,
        maxLifetime: seconds(3_600),
        skew: seconds(30),
        environment: 'production',
        readPath: createPathTemplate('/ns/{namespace}/sa/{service_account}'),
      }),
      createX509SvidVerifier({
        trustDomain: domain(trustDomain),
        trust: domainAnchors,
        environment: 'production',
        readPath: createPathTemplate('/ns/{namespace}/sa/{service_account}'),
      }),
      createWitSvidVerifier({
        trustDomain: domain(trustDomain),
        trust: trustOf(trustDomain, witKey),
        tokens,
        maxLifetime: seconds(3_600),
        skew: seconds(30),
        environment: 'production',
        readPath: createPathTemplate('/ns/{namespace}/sa/{service_account}'),
      }),
      createIssuerJwtVerifier({
        issuer: oauthIssuer,
        profiles: [accessTokenProfile, oidc],
        trust: trustOf(oauthIssuer, issuerKey),
        tokens,
        algorithms: ['ES256', 'RS256'],
        maxLifetime: seconds(3_600),
        skew: seconds(30),
        environment: 'production',
      }),
      platformVerifier('github-actions'),
      azureVerifier(),
      createKubernetesReviewVerifier({
        offline: platformVerifier('kubernetes'),
        reviewer: testReviewer,
        checkPod: false,
      }),
      createMtlsVerifier({
        name: 'partner',
        clients: [{ id: 'billing', name: { by: 'san_dns', value: partnerName } }],
        trust: partnerAnchors,
        facts: [{ name: 'environment', value: 'production', source: 'config' }],
      }),
      createOpaqueTokenVerifier({
        issuer: opaqueIssuer,
        prefix: '',
        introspector: testIntrospector,
        maxLifetime: seconds(3_600),
        skew: seconds(30),
        environment: 'production',
      }),
      ...registryVerifiers(registryOf(clients)),
    ],
    links: [
      { spiffeId: checkout, issuer: opaqueIssuer, sub: 'checkout' },
      { spiffeId: checkout, issuer: registryIssuer, sub: 'checkout' },
    ],
    proofs: [
      createDpopProof({ maxAge: seconds(60), skew: seconds(5), nonces }),
      createCertificateBinding(),
      createWptProof({ maxLifetime: seconds(120), skew: seconds(5) }),
      createHttpSignatureProof({ maxAge: seconds(60), skew: seconds(5) }),
    ],
    open: createOpenToken(tokens, { macIssuer: registryIssuer }),
    firstUse: createMemoryFirstUse({ startedAt: noon, leeway: seconds(-3_600), maximum: 100_000 }),
    revocation: { confirmedAt: () => noon, find: () => 'clear' },
  }
}

/** A first gate over the test world; `verify` decides at noon unless told another frame. */
export function createFirstGate(changes: Partial<VerifyParts> = {}) {
  const verify = createVerify({ ...firstGateParts(), ...changes })
  return (ask: Ask, frame: Frame = frameAt()): Promise<Result<Caller>> => verify(ask, frame)
}
