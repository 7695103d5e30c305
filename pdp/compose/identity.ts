import type { Config } from '../config/schema.ts'
import { parseTrustDomain } from '../core/spiffe-id.ts'
import { seconds } from '../core/time.ts'
import { createOpenToken } from '../identity/open-token.ts'
import { createPathTemplate } from '../identity/path-template.ts'
import { profiles } from '../identity/profiles/list.ts'
import { createDpopProof } from '../identity/proofs/dpop.ts'
import { createIssuerJwtVerifier } from '../identity/verifiers/issuer-jwt.ts'
import { createJwtSvidVerifier } from '../identity/verifiers/jwt-svid.ts'
import { createVerify, type Verify } from '../identity/verify.ts'
import { algorithms } from '../jose/algorithms.ts'
import { createVerifiedTokens, type VerifiedTokens } from '../jose/verified-tokens.ts'
import type { JwsAlgorithm } from '../core/key.ts'
import type { FirstUse, RevocationView, Verifier } from '../seams.ts'
import {
  createIssuerSource,
  createSpiffeSource,
  type IssuerAnchor,
  type SpiffeAnchor,
  type StartedSource,
  type TrustSurroundings,
} from './trust.ts'

/** The first gate of a configuration, with the sources of keys behind it. */
export interface Identity {
  readonly verify: Verify
  readonly sources: readonly StartedSource[]
}

/** What the first gate shares with what was before it and comes after it when the configuration is reloaded. */
export interface IdentityStores {
  readonly firstUse: FirstUse
  readonly revocation: RevocationView
}

/** Builds the first gate. Nothing is read before the sources are started. */
export function composeIdentity(config: Config, stores: IdentityStores, surroundings: TrustSurroundings): Identity {
  const { limits } = config
  const tokens = createVerifiedTokens()
  const built = config.trust.map((anchor) =>
    'spiffe' in anchor
      ? spiffeVerifier(anchor, tokens, config, surroundings)
      : issuerVerifier(anchor, tokens, config, surroundings),
  )
  return {
    sources: built.map(({ source }) => source),
    verify: createVerify({
      verifiers: built.map(({ verifier }) => verifier),
      proofs: [createDpopProof({ maxAge: seconds(limits.proof_window_s), skew: seconds(limits.clock_skew_s) })],
      open: createOpenToken(tokens),
      ...stores,
    }),
  }
}

interface Built {
  readonly verifier: Verifier
  readonly source: StartedSource
}

function spiffeVerifier(
  anchor: SpiffeAnchor,
  tokens: VerifiedTokens,
  { limits }: Config,
  surroundings: TrustSurroundings,
): Built {
  const trustDomain = parseTrustDomain(anchor.spiffe)
  if (!trustDomain.ok) throw new Error(`trust: ${trustDomain.detail}`)
  const source = createSpiffeSource(anchor, surroundings)
  const verifier = createJwtSvidVerifier({
    trustDomain: trustDomain.value,
    trust: source,
    tokens,
    maxLifetime: seconds(anchor.max_lifetime_s),
    skew: seconds(limits.clock_skew_s),
    ...(anchor.environment !== undefined && { environment: anchor.environment }),
    ...(anchor.path !== undefined && { readPath: createPathTemplate(anchor.path) }),
  })
  return { verifier, source }
}

function issuerVerifier(
  anchor: IssuerAnchor,
  tokens: VerifiedTokens,
  { limits }: Config,
  surroundings: TrustSurroundings,
): Built {
  const source = createIssuerSource(anchor, surroundings)
  const verifier = createIssuerJwtVerifier({
    issuer: anchor.issuer,
    profiles: profiles.filter(({ name }) => anchor.profiles.includes(name)),
    trust: source,
    tokens,
    algorithms: Object.keys(algorithms) as JwsAlgorithm[], // the keys of that very table
    maxLifetime: seconds(anchor.max_lifetime_s),
    skew: seconds(limits.clock_skew_s),
    ...(anchor.environment !== undefined && { environment: anchor.environment }),
  })
  return { verifier, source }
}
