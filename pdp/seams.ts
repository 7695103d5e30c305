import type { Ask, Reuse } from './core/ask.ts'
import type { Assurance, Caller, Delegate, Fact, PossessionKind, SubjectId } from './core/caller.ts'
import type { ClientMethod, RegisteredKey } from './core/client.ts'
import type {
  CertificateName,
  Credential,
  DocumentCredential,
  KeyCredential,
  PresentedProof,
} from './core/credential.ts'
import type { Decision } from './core/decision.ts'
import type { Digest } from './core/digest.ts'
import type { PolicyIdentity } from './core/draft.ts'
import type { Evaluated } from './core/evaluated.ts'
import type { Frame } from './core/frame.ts'
import type { JsonObject } from './core/json.ts'
import type { Confirmation, JwsAlgorithm, VerificationKey } from './core/key.ts'
import type { EvaluationInput } from './core/policy-input.ts'
import type { AuditRecord } from './core/record.ts'
import type { Refusal, Result } from './core/result.ts'
import type { RequestFacts } from './core/request-facts.ts'
import type { Pep, Service } from './core/service.ts'
import type { SigV4Algorithm } from './core/signed-request.ts'
import type { Instant, Seconds } from './core/time.ts'
import type { Written } from './core/written.ts'

// Every interface that decide's world is plugged together with. Types only. The fail-closed sweep enumerates this file:
// an interface added here without a place in the sweep fails the test.

/**
 * Data that says which credentials a verifier takes. Two verifiers with an equal selector refuse to start, and so do two
 * prefixes of one scheme of which one begins with the other; the empty prefix takes every key of its scheme.
 */
export type Selector =
  | { readonly form: 'jwt'; readonly by: 'issuer' | 'trust-domain'; readonly value: string }
  | { readonly form: 'mac'; readonly by: 'issuer'; readonly value: string }
  /** Self-signed: by the digest that fingerprints of keys are made with, or as a client assertion (RFC 7523 §2.2). */
  | { readonly form: 'jwt'; readonly by: 'fingerprint'; readonly value: 'SHA256' }
  | { readonly form: 'jwt'; readonly by: 'assertion'; readonly value: 'jwt-bearer' }
  | { readonly form: 'wit'; readonly by: 'trust-domain'; readonly value: string }
  | { readonly form: 'key'; readonly by: 'prefix'; readonly scheme: KeyCredential['scheme']; readonly value: string }
  | { readonly form: 'document'; readonly by: 'platform'; readonly value: DocumentCredential['scheme'] }
  | { readonly form: 'certificate'; readonly by: 'trust-domain'; readonly value: string }
  | { readonly form: 'signed-request'; readonly by: 'algorithm'; readonly value: SigV4Algorithm }
  | ({ readonly form: 'certificate' } & CertificateName)

/** What evidence is checked against: always the service's own audiences and origins. */
export interface Expected {
  readonly service: Service
  readonly request?: RequestFacts
  /** The credential a proof is checked with, as presented; for `ath`. */
  readonly credential?: Credential
  /** Every value of a header as received, by its lower-cased name, for proofs that cover headers. */
  readonly headerValues?: (name: string) => readonly string[]
  /** Where the caller calls from, if an enforcement point vouches for it. */
  readonly sourceAddress?: Uint8Array
  /** Names, in lower case, of all headers that {@link headerValues} answers: so that none is added behind a signature. */
  readonly headerNames?: () => readonly string[]
}

/** A single use of an id, claimed after all other checks. Ends at `until`; `parts` are joined without ambiguity. */
export interface Use {
  readonly purpose: string
  readonly parts: readonly string[]
  readonly issuedAt: Instant
  readonly until: Instant
}

/** What can be revoked. `prefix` matches a subject path up to a segment end. */
export type RevocationKey =
  | { readonly by: 'subject'; readonly issuer: string; readonly id: string; readonly issuedAt?: Instant }
  | { readonly by: 'jti' | 'key-id' | 'serial'; readonly issuer: string; readonly id: string }
  | { readonly by: 'key-thumbprint' | 'trust-domain'; readonly id: string }
  | { readonly by: 'fact'; readonly name: string; readonly id: string }

/**
 * A credential that passed its verifier. Lifetimes as instants; `confirmation` is the `cnf` that must be shown (RFC 7800).
 *
 * - `attestedAt`: when its issuer vouched for what it says; absent where that is not known. Never a guess.
 * - `knownUntil`: where what is known of it ends before it does, so that an answer must not be reused for longer.
 * - `trustAsOf`: when the keys that it was checked with, or what its issuer said of it, were last known right.
 * - `strength`: the level of assurance before any possession is shown: 0 a secret that is sent each time, 2 a signature of
 *   the caller's own, or one whose workload its platform was asked about; absent: 1, a bearer credential of an issuer.
 * - `ceiling`: no level above this one, whatever is shown beside it.
 * - `role`: `delegation` where it speaks for a party the caller acts for, and never for the caller itself. Its parties
 *   stand in `delegation` alone.
 */
export interface Verified {
  readonly method: string
  readonly subject: SubjectId
  readonly claims: JsonObject
  readonly facts: readonly Fact[]
  readonly issuedAt: Instant
  readonly expiresAt: Instant
  /** Good for one audience only. */
  readonly audienceBound: boolean
  /** A platform vouches for the workload, as a SPIFFE issuer does. */
  readonly attested: boolean
  readonly attestedAt?: Instant
  readonly knownUntil?: Instant
  readonly trustAsOf?: Instant
  readonly strength?: 0 | 1 | 2
  readonly ceiling?: Assurance['level']
  readonly role?: 'delegation'
  readonly confirmation?: Confirmation
  readonly delegation: readonly Delegate[]
  readonly once: readonly Use[]
  readonly revocable: readonly RevocationKey[]
}

/** Possession of a key, shown. `nextNonce`: to be used from now on, for the answer (RFC 9449 §8.2). */
export interface Possession {
  readonly method: string
  readonly possession: PossessionKind
  readonly keyThumbprint: string
  readonly once: readonly Use[]
  readonly revocable: readonly RevocationKey[]
  readonly nextNonce?: string
}

/**
 * Checks one kind of credential. Answers claims and facts, what may be used once and what is revocable; consults no
 * store itself. Anything not proved is a refusal.
 */
export interface Verifier {
  readonly method: string
  readonly selectors: readonly Selector[]
  verify(credential: Credential, expected: Expected, frame: Frame): Promise<Result<Verified>>
}

/** Checks one kind of proof against the credential it belongs to. Sets possession, nothing else. */
export interface Proof {
  readonly kind: string
  check(proof: PresentedProof, of: Verified, expected: Expected, frame: Frame): Promise<Result<Possession>>
}

export interface KeyHint {
  readonly kid?: string
  readonly algorithm: JwsAlgorithm
}

/**
 * Keys of one anchor, bound at composition. Fetching and retries are its own and happen in the background, but for one
 * coalesced refetch on an unknown `kid`. Unknown (KEY_UNKNOWN) or too old (TRUST_UNAVAILABLE) is a refusal, never an
 * empty list. `asOf` is when the present keys were known to be right.
 */
export interface TrustSource {
  asOf(): Instant
  keys(hint: KeyHint, frame: Frame): Promise<Result<readonly VerificationKey[]>>
}

/**
 * Certificate authorities of one anchor, as DER. No authority at all is an empty list, under which nothing is valid; not
 * loaded or too old (TRUST_UNAVAILABLE) is a refusal. The very same list is answered for as long as nothing changed, so
 * that what was found good under it can be remembered with it. `asOf` as for {@link TrustSource}.
 */
export interface AnchorSource {
  asOf(): Instant
  anchors(frame: Frame): Promise<Result<readonly Uint8Array[]>>
}

/**
 * What an issuer said of a token that only it can read (RFC 7662 §2.2): its answer, whatever that holds, at `asOf`. It
 * must not be relied on after `until`.
 */
export interface Introspection {
  readonly response: JsonObject
  readonly asOf: Instant
  readonly until: Instant
}

/**
 * Asks one issuer, bound at composition, about tokens. An answer from memory is never older than configured. No answer in
 * time, or none that can be read, is a refusal (TRUST_UNAVAILABLE). The token goes nowhere else.
 */
export interface Introspector {
  introspect(token: string, frame: Frame): Promise<Result<Introspection>>
}

/** What is looked for in the registry: one credential by its own id, or those of a client by the name that it gives itself. */
export type RegistryQuery =
  | { readonly method: ClientMethod; readonly key: string }
  | { readonly method: ClientMethod; readonly name: string }

/**
 * Clients that were registered by hand, and what their credentials are checked with. Memory only: a snapshot, swapped whole.
 * Answers none where nothing is registered so, and every one that is, whether or not it may be used now:
 * `identity/registry/` judges that, once the credential was proved. Not loaded is a refusal (TRUST_UNAVAILABLE).
 */
export interface Registry {
  asOf(): Instant
  find(query: RegistryQuery, frame: Frame): Promise<Result<readonly RegisteredKey[]>>
}

/**
 * What was configured beside the authorities of one anchor, as DER, and is trusted for nothing by itself: certificates
 * that complete chains, and lists of revoked ones (RFC 5280 §5).
 */
export interface PathAids {
  readonly intermediates: readonly Uint8Array[]
  readonly lists: readonly Uint8Array[]
}

/** The aids of one anchor. Not loaded is a refusal (TRUST_UNAVAILABLE). The very same object while nothing changed. */
export interface PathAidSource {
  aids(frame: Frame): Promise<Result<PathAids>>
}

/**
 * Remembers single uses. All of `uses` are claimed or none counts. `first` only if the write is known done;
 * `same-ask`: claimed before by this very ask; a lost answer is `unknown`, which denies.
 */
export interface FirstUse {
  claim(uses: readonly Use[], by: Digest, frame: Frame): Promise<'first' | 'same-ask' | 'used' | 'unknown'>
}

/**
 * Memory only, never I/O; writing is another interface. Answers `clear` or the revocation: silence is not clear. A view that
 * may lack something, and may not be used so, answers `unconfirmed` where it knows of no revocation. `confirmedAt` is when it
 * was last known to lack nothing.
 */
export interface RevocationView {
  confirmedAt(): Instant
  find(keys: readonly RevocationKey[]): Revocation | 'clear' | 'unconfirmed'
}

export interface Revocation {
  readonly reason: string
  readonly since: Instant
}

/** A fault is a miss. Values are opaque; single-flight and lifetimes live once, in the cache decorator. */
export interface CacheStore {
  get(key: Digest): Promise<Uint8Array | undefined>
  put(key: Digest, value: Uint8Array, ttl: Seconds): void
}

/** An immutable snapshot of one entrypoint. Undefined, abort, trap and deadline are refusals. `reuse`: of earlier answers. */
export interface Policy {
  readonly identity: PolicyIdentity
  evaluate(input: EvaluationInput, frame: Frame, reuse?: Reuse): Promise<Result<Evaluated>>
}

/**
 * The active policies. Answers undefined where none was ever activated; swaps whole snapshots. While a candidate is tried on
 * some callers the snapshot is theirs.
 */
export interface PolicySet {
  active(service: Service, caller?: Caller): Promise<Policy | undefined>
}

/** Resolves once the record has the durability of its mode; retries inside; rejects when it gives up. */
export interface AuditLog {
  append(record: AuditRecord): Promise<Written>
}

/** A record on its way to a sink: its number in the log, and its line as the sink's own mask left it. */
export interface ShippedRecord {
  readonly seq: number
  readonly line: string
}

/**
 * Records of one log on their way to a sink, in order and never none; numbers may be left out. `origin` names the log,
 * and with a record's number identifies it for good. `checkpoint` is the newest signed one; it covers them all.
 */
export interface ShippedBatch {
  readonly origin: string
  readonly records: readonly [ShippedRecord, ...ShippedRecord[]]
  readonly checkpoint: string
}

/**
 * Takes records in order, at least once: resolves when the receiver has them all; a rejection means the same batch
 * again. The shipper owns cursor, mask and back-off. `close` ends what is kept open; nothing is delivered after it.
 */
export interface Sink {
  deliver(batch: ShippedBatch, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** A protocol adapter. Total; every reply starts as a deny. */
export interface Door<Request, Reply> {
  toAsk(request: Request, pep: Pep): Result<Ask>
  toReply(decision: Decision, ask: Ask): Reply
  refuse(refusal: Refusal): Reply
}
