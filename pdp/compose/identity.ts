import type { Config } from '../config/schema.ts'
import { parseTrustDomain } from '../core/spiffe-id.ts'
import { readRfc3339, seconds } from '../core/time.ts'
import { createOpenToken } from '../identity/open-token.ts'
import { createPathTemplate } from '../identity/path-template.ts'
import type { ChainTrust } from '../identity/prove-chain.ts'
import { createCertificateBinding } from '../identity/proofs/certificate-binding.ts'
import { createDpopProof } from '../identity/proofs/dpop.ts'
import { createHttpSignatureProof } from '../identity/proofs/http-signature.ts'
import { createWptProof } from '../identity/proofs/wpt.ts'
import { createNonces } from '../identity/proofs/nonces.ts'
import { createIssuerJwtVerifier } from '../identity/verifiers/issuer-jwt.ts'
import { createKubernetesReviewVerifier } from '../identity/verifiers/kubernetes-review.ts'
import { createOpaqueTokenVerifier } from '../identity/verifiers/opaque-token.ts'
import { createJwtSvidVerifier } from '../identity/verifiers/jwt-svid.ts'
import { createX509SvidVerifier } from '../identity/verifiers/x509-svid.ts'
import { createWitSvidVerifier } from '../identity/verifiers/wit-svid.ts'
import type { Sunsets } from '../identity/sunset.ts'
import { createVerify, type Verify } from '../identity/verify.ts'
import { algorithms } from '../jose/algorithms.ts'
import { createVerifiedTokens, type VerifiedTokens } from '../jose/verified-tokens.ts'
import type { JwsAlgorithm } from '../core/key.ts'
import { deriveKey } from '../keys/derive.ts'
import type { OwnSecret } from '../keys/own-secret.ts'
import type { FirstUse, RevocationView, TrustSource, Verifier } from '../seams.ts'
import { awsVerifiers } from './aws.ts'
import { clientVerifiers } from './client-verifiers.ts'
import { createRegistrySource, registryKeyOf, registryKeysOf } from './registry.ts'
import { authorityVerifier, azureVerifier, chainTrustOf } from './certificates.ts'
import { platformSettings } from './platforms.ts'
import { clientCaOf, type PepAuthorities } from './pep-certificates.ts'
import { withTrustAge } from './trust-age.ts'
import type { Introspectors } from './introspection.ts'
import {
  aidsKeyOf,
  type Anchor,
  type AuthorityAnchor,
  createAidSource,
  createClientCa,
  createSource,
  type IssuerAnchor,
  type SpiffeAnchor,
  sourceKeyOf,
  type StartedSource,
  type TrustSurroundings,
} from './trust.ts'

/** By how much our clock may differ from a platform's. */
const maxSkew = seconds(60)
/** From when a workload proof token was made until it ends, at most: such proofs say how long they are good. */
const maxProofLifetime = seconds(120)

/** Sources of keys, by the name of the place that they come from. */
export type Sources = ReadonlyMap<string, StartedSource>

/** The first gate of a configuration, with the sources of keys behind it, and authorities of enforcement points. */
export interface Identity {
  readonly verify: Verify
  readonly pepAuthorities: PepAuthorities
  readonly sources: Sources
}

/** What the first gate shares with what was before it and comes after it when the configuration is reloaded. */
export interface IdentityStores {
  /** What every key of our own is derived from, and what it was before. */
  readonly secret: OwnSecret
  readonly secretsBefore?: readonly OwnSecret[]
  readonly firstUse: FirstUse
  readonly revocation: RevocationView
}

/**
 * Builds the first gate. Nothing is read before the sources are started. Sources `before` that the configuration still
 * names are taken over with the keys they hold, so that a reload during an issuer's outage loses none.
 */
export function composeIdentity(
  config: Config,
  { secret, secretsBefore = [], firstUse, revocation }: IdentityStores,
  surroundings: TrustSurroundings,
  introspectors: Introspectors,
  before: Sources = new Map(),
): Identity {
  const { limits } = config
  const [maxAge, skew] = [seconds(limits.proof_window_s), seconds(limits.proof_skew_s)]
  const tokens = createVerifiedTokens()
  const sources = new Map<string, StartedSource>()
  const keep = (key: string, create: () => StartedSource): StartedSource => {
    const source = sources.get(key) ?? before.get(key) ?? create()
    sources.set(key, source)
    return source
  }
  const sourceOf = (anchor: Anchor) => keep(sourceKeyOf(anchor), () => createSource(anchor, surroundings))
  const aidsOf = (anchor: SpiffeAnchor | AuthorityAnchor) => {
    const key = aidsKeyOf(anchor)
    return key === undefined ? undefined : keep(key, () => createAidSource(anchor, surroundings))
  }
  const bundles = new Map<string, ChainTrust>()
  const attestationKey = deriveKey(secret, 'attestation-nonce/v1')
  const documents = { nonces: createNonces(attestationKey, { window: maxAge, skew, form: 'hex' }), skew: maxSkew }
  const verifiers = config.trust.flatMap((anchor): readonly Verifier[] => {
    if ('issuer' in anchor) {
      return [
        ...(anchor.profiles.length > 0
          ? [reviewedBy(issuerVerifier(anchor, keysOf(sourceOf(anchor)), tokens, config), anchor, introspectors)]
          : []),
        ...(anchor.introspection ? [opaqueVerifier(anchor, anchor.introspection, introspectors, config)] : []),
      ]
    }
    const source = sourceOf(anchor)
    const chainTrust = chainTrustOf(source, aidsOf(anchor))
    if ('spiffe' in anchor && chainTrust) bundles.set(anchor.spiffe, chainTrust)
    const found =
      'spiffe' in anchor
        ? spiffeVerifiers(anchor, source, chainTrust, tokens, config)
        : chainTrust
          ? ['clients' in anchor ? authorityVerifier(anchor, chainTrust) : azureVerifier(anchor, chainTrust, documents)]
          : []
    return found.map((verifier) => withTrustAge(verifier, source))
  })
  if (config.registry) {
    const keys = registryKeysOf([secret, ...secretsBefore])
    const { registry: settings } = config
    const source = keep(registryKeyOf(settings), () => createRegistrySource(settings, keys.seals, surroundings))
    if (!source.registry) throw new Error('a source of clients has none') // each kind of source is made for its kind
    const skews = { skew: seconds(limits.clock_skew_s), proofSkew: skew }
    verifiers.push(...clientVerifiers(settings, source.registry, { ...keys, ...skews }))
  }
  verifiers.push(...awsVerifiers(config, introspectors))
  const file = clientCaOf(config)
  const clientCa =
    file === undefined
      ? undefined
      : chainTrustOf(
          keep(JSON.stringify(['client_ca', file]), () => createClientCa(file, surroundings)),
          undefined,
        )
  return {
    sources,
    pepAuthorities: { bundles, clientCa },
    verify: createVerify({
      verifiers,
      proofs: [
        createDpopProof({
          maxAge,
          skew,
          nonces: createNonces(deriveKey(secret, 'dpop-nonce/v1'), { window: maxAge, skew }),
        }),
        createCertificateBinding(),
        createWptProof({ maxLifetime: maxProofLifetime, skew }),
        createHttpSignatureProof({ maxAge, skew }),
      ],
      open: createOpenToken(tokens, macIssuerOf(config)),
      firstUse,
      revocation,
      sunsets: sunsetsOf(config),
      links: config.links.map(({ subject, same_as }) => ({
        spiffeId: subject,
        issuer: same_as.issuer,
        sub: same_as.subject,
      })),
    }),
  }
}

const sunsetsOf = ({ sunset }: Config): Sunsets =>
  new Map(
    Object.entries(sunset).flatMap(([method, day]) => {
      const at = readRfc3339(day)
      return at === undefined ? [] : [[method, at] as const] // the schema holds that each is a time
    }),
  )

const macIssuerOf = ({ registry }: Config): { readonly macIssuer?: string } =>
  registry?.methods['hmac-token'] ? { macIssuer: registry.issuer } : {}

/** The keys of a source that has some. */
function keysOf({ asOf, keys }: StartedSource): TrustSource {
  if (!keys) throw new Error('a source of keys has none') // each kind of source is made for its kind of anchor
  return { asOf, keys }
}

function witKeysFor({ spiffe }: SpiffeAnchor, keys: TrustSource | undefined): TrustSource {
  if (!keys) throw new Error(`trust: ${spiffe}: its source has no keys for workload identity tokens: remove \`wit\``)
  return keys
}

/** Of all forms of SVID, where the source has authorities for certificates. */
function spiffeVerifiers(
  anchor: SpiffeAnchor,
  source: StartedSource,
  chainTrust: ChainTrust | undefined,
  tokens: VerifiedTokens,
  { limits }: Config,
): readonly Verifier[] {
  const trustDomain = parseTrustDomain(anchor.spiffe)
  if (!trustDomain.ok) throw new Error(`trust: ${trustDomain.detail}`)
  const domain = {
    trustDomain: trustDomain.value,
    ...(anchor.environment !== undefined && { environment: anchor.environment }),
    ...(anchor.path !== undefined && { readPath: createPathTemplate(anchor.path) }),
  }
  const tokensOf = { tokens, maxLifetime: seconds(anchor.max_lifetime_s), skew: seconds(limits.clock_skew_s) }
  const jwtSvid = createJwtSvidVerifier({ ...domain, ...tokensOf, trust: keysOf(source) })
  const x509Svid = chainTrust && createX509SvidVerifier({ ...domain, ...chainTrust })
  const witSvid =
    anchor.wit && createWitSvidVerifier({ ...domain, ...tokensOf, trust: witKeysFor(anchor, source.witKeys) })
  return [jwtSvid, ...(x509Svid ? [x509Svid] : []), ...(witSvid ? [witSvid] : [])]
}

function issuerVerifier(
  anchor: IssuerAnchor,
  trust: TrustSource,
  tokens: VerifiedTokens,
  { limits }: Config,
): Verifier {
  const verifier = createIssuerJwtVerifier({
    ...platformSettings(anchor),
    facts: anchor.facts,
    trust,
    tokens,
    algorithms: Object.keys(algorithms) as JwsAlgorithm[], // the keys of that very table
    maxLifetime: seconds(anchor.max_lifetime_s),
    skew: seconds(limits.clock_skew_s),
    ...(anchor.environment !== undefined && { environment: anchor.environment }),
  })
  return withTrustAge(verifier, trust)
}

/** The same, where its cluster is asked about each token as well. */
function reviewedBy(offline: Verifier, { issuer, review }: IssuerAnchor, introspectors: Introspectors): Verifier {
  if (!review) return offline
  const reviewer = introspectors.get(issuer)
  if (!reviewer) throw new Error(`trust: ${issuer}: nothing asks its API server`)
  return createKubernetesReviewVerifier({ offline, reviewer, checkPod: review.check_pod })
}

function opaqueVerifier(
  anchor: IssuerAnchor,
  { prefix }: NonNullable<IssuerAnchor['introspection']>,
  introspectors: Introspectors,
  { limits }: Config,
): Verifier {
  const { issuer, facts, role, environment } = anchor
  const introspector = introspectors.get(issuer)
  if (!introspector) throw new Error(`trust: ${issuer}: nothing asks its introspection endpoint`)
  return createOpaqueTokenVerifier({
    issuer,
    prefix,
    introspector,
    facts,
    role,
    maxLifetime: seconds(anchor.max_lifetime_s),
    skew: seconds(limits.clock_skew_s),
    ...(environment !== undefined && { environment }),
  })
}
