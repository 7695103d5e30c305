// The wire of `POST /authorize`. A test holds these types equal to the schemas of the server.

export type JsonObject = Readonly<Record<string, unknown>>

/** What is to be done, and to what. */
export interface Question {
  readonly action: { readonly name: string; readonly properties?: JsonObject }
  readonly resource: { readonly type: string; readonly id: string; readonly properties?: JsonObject }
}

/**
 * The request of the caller, as it was received.
 *
 * - `url`: of the guarded service as its callers know it, not as a proxy before it rewrote it.
 * - `headers`: a list where a name came more than once.
 * - `certificate`: the client's chain of the TLS connection, leaf first, as PEM.
 * - `source_address`: the IP address of whoever is connected, for callers that may call from some alone.
 * - `body_digest`: of the body as received, in the form of `Content-Digest` (RFC 9530 §2).
 */
export interface CallerRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly certificate?: string
  readonly source_address?: string
  readonly body_digest?: string
}

/** One ask: about `action` and `resource`, about each of `checks`, or about the request alone. */
export interface Ask {
  readonly request?: CallerRequest
  /** Evidence of callers without HTTP headers; not together with evidence in `request`. */
  readonly credentials?: readonly { readonly type: string; readonly token: string }[]
  readonly action?: Question['action']
  readonly resource?: Question['resource']
  readonly checks?: readonly Question[]
  readonly context?: JsonObject
}

export interface Reason {
  readonly code: string
  readonly message: string
}

/** What has to be done if the request is let through. */
export interface Obligation {
  readonly id: string
  readonly type: string
  readonly properties: JsonObject
}

/** A ready answer for the caller. Headers are for an allow too, such as the next `DPoP-Nonce`. */
export interface Respond {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

export type Effect = 'allow' | 'deny'

/** The answer to one of several `checks`. */
export interface CheckResult {
  readonly decision: Effect
  readonly code: string
  readonly reasons: readonly Reason[]
  readonly obligations: readonly Obligation[]
  readonly cache?: CacheUse
}

/**
 * How well the identity was proved; `level` follows from the rest. `lifetime_s`, `age_s`: of the credential, in seconds.
 * `possession`: how possession of a key was shown, if at all.
 */
export interface Assurance {
  readonly level: 0 | 1 | 2 | 3 | 4
  readonly possession: 'none' | 'request' | 'channel' | 'hardware'
  readonly audience_bound: boolean
  readonly single_use: boolean
  readonly attested: boolean
  readonly lifetime_s: number
  readonly age_s: number
}

/** Who is calling, as it was proved. */
export interface Subject {
  readonly id: string
  readonly methods: readonly string[]
  readonly assurance: Assurance
}

/** What to prove oneself by, instead of by `method`, which is no longer taken from `sunset` on (RFC 3339), if there is such a day. */
export interface Advice {
  readonly method: string
  readonly next: readonly string[]
  readonly message: string
  readonly sunset?: string
}

/** Where the decision point had its answer from: kept by this instance or by another, or evaluated. */
export type CacheUse = 'hit-l1' | 'hit-l2' | 'miss' | 'bypass'

/**
 * The answer. With several `checks` it allows only if every one does, and `results` has theirs in order.
 *
 * - `id`: of the decision and of its record. `code`: `ALLOWED`, or why not.
 * - `reuse_max_age_s`: for how many seconds the very same ask need not be asked again; 0 for a deny.
 * - `demo`: it comes from a demonstration.
 */
export interface Reply {
  readonly decision: Effect
  readonly id: string
  readonly code: string
  readonly reasons: readonly Reason[]
  readonly subject?: Subject
  readonly attested?: Readonly<Record<string, string>>
  readonly advice?: readonly Advice[]
  readonly obligations: readonly Obligation[]
  readonly reuse_max_age_s: number
  readonly policy?: { readonly bundle: string; readonly revision: string; readonly digest: string }
  readonly cache?: CacheUse
  readonly respond: Respond
  readonly results?: readonly CheckResult[]
  readonly demo?: true
}
