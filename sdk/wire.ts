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
 * - `body_digest`: of the body as received, in the form of `Content-Digest` (RFC 9530 §2).
 */
export interface CallerRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly certificate?: string
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
}

/** Who is calling, as it was proved. */
export interface Subject {
  readonly id: string
  readonly methods: readonly string[]
  readonly assurance: JsonObject
}

/**
 * The answer. With several `checks` it allows only if every one does, and `results` has theirs in order.
 *
 * - `id`: of the decision and of its record. `code`: `ALLOWED`, or why not.
 * - `reuse_max_age_s`: for how many seconds the very same ask need not be asked again; 0 for a deny.
 */
export interface Reply {
  readonly decision: Effect
  readonly id: string
  readonly code: string
  readonly reasons: readonly Reason[]
  readonly subject?: Subject
  readonly attested?: Readonly<Record<string, string>>
  readonly obligations: readonly Obligation[]
  readonly reuse_max_age_s: number
  readonly policy?: { readonly bundle: string; readonly revision: string; readonly digest: string }
  readonly respond: Respond
  readonly results?: readonly CheckResult[]
}
