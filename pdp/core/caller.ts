import type { Digest } from './digest.ts'
import type { DecisionId } from './frame.ts'
import type { JsonObject } from './json.ts'
import { createMint, type Minted } from './mint.ts'
import type { SpiffeId, TrustDomain } from './spiffe-id.ts'
import type { Instant } from './time.ts'

/**
 * Who a subject is. `id` is a SPIFFE ID only if an SVID proved it, else `<issuer>#<percent-encoded sub>`;
 * agreement and revocation compare (issuer, id).
 */
export interface SubjectId {
  readonly issuer: string
  readonly id: string
  readonly spiffe?: { readonly id: SpiffeId; readonly trustDomain: TrustDomain; readonly path: string }
}

/** A fact that a credential or the configuration behind it proved, with where it came from. */
export interface Fact {
  readonly name: string
  readonly value: string
  readonly source: 'config' | 'token' | 'path' | 'registry' | 'review' | 'sts' | 'document'
}

/** How possession of a key was shown: not at all, by this request, by this channel, by hardware. */
export type PossessionKind = 'none' | 'request' | 'channel' | 'hardware'

/** How well the identity was proved: attributes first, `level` 0–4 derived from them. Lengths in whole seconds. */
export interface Assurance {
  readonly level: 0 | 1 | 2 | 3 | 4
  readonly possession: PossessionKind
  readonly audience_bound: boolean
  readonly single_use: boolean
  readonly attested: boolean
  readonly lifetime_s: number
  readonly age_s: number
}

/** The assurance of nobody: where a question is made up and says nothing of how its caller was proved. */
export const unproved: Assurance = {
  level: 0,
  possession: 'none',
  audience_bound: false,
  single_use: false,
  attested: false,
  lifetime_s: 0,
  age_s: 0,
}

/**
 * One verified credential as policy and record see it; `attested_at` where it is known when its issuer vouched for it,
 * `via` the proxy whose word is taken that it saw the handshake.
 */
export interface VerifiedFacts {
  readonly method: string
  readonly issuer: string
  readonly claims: JsonObject
  readonly expires_at: string
  readonly attested_at?: string
  readonly key_thumbprint?: string
  readonly via?: string
}

/**
 * What an auditor needs to follow a credential: digests of its `jti` and of the `kid` of its key, where a token has them, and how long ago
 * the keys that it was checked with were last known right, in whole seconds. Policy sees none of it.
 */
export interface CredentialProvenance {
  readonly jti?: Digest
  readonly kid?: Digest
  readonly trustAgeSeconds?: number
}

/** A party on whose behalf the subject acts. Never feeds subject or assurance. */
export interface Delegate {
  readonly issuer: string
  readonly id: string
  readonly claims?: JsonObject
}

/**
 * What an enforcement point should have a caller do: prove itself, instead of by `method`, by one of `next`. `sunset`: from
 * when on `method` is no longer taken, RFC 3339.
 */
export interface Advice {
  readonly method: string
  readonly next: readonly string[]
  readonly message: string
  readonly sunset?: string
}

export interface Subject {
  readonly issuer: string
  readonly id: string
  readonly trust_domain?: string
  readonly path?: string
  readonly methods: readonly string[]
  readonly assurance: Assurance
}

/**
 * The verified caller of one ask; without `subject` it is anonymous.
 *
 * - `ask`: the decision this caller was verified for. It is good for no other.
 * - `provenance`: of the credentials in `verified`, in their order.
 * - `expiresAt`: the earliest end of anything that took part.
 * - `reusable`: false if a proof per request or a single-use id took part.
 */
export interface CallerFacts {
  readonly ask: DecisionId
  readonly subject?: Subject
  readonly attested: Readonly<Record<string, string>>
  readonly attestedSources: Readonly<Record<string, string>>
  readonly verified: readonly VerifiedFacts[]
  readonly provenance: readonly CredentialProvenance[]
  readonly delegation: readonly Delegate[]
  readonly expiresAt: Instant
  readonly reusable: boolean
  /** The nonce that the caller's next DPoP proof needs (RFC 9449 §8.2); public. */
  readonly nextNonce?: string
  /** How the caller should prove itself instead; absent where nothing needs to change. */
  readonly advice?: readonly Advice[]
}

export type Caller = Minted<CallerFacts, 'Caller'>

const mint = createMint<CallerFacts, 'Caller'>()

/** Makes a caller. Only `identity/verify.ts` may import this. */
export const mintCaller = mint.make
export const isCaller = mint.made
