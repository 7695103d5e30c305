/**
 * How a code is told to the outside. A code exists where a reader acts differently; what is finer is a clause.
 *
 * - `kind`: `decision` codes answer an ask that entered decide; `problem` codes refuse a request before that.
 * - `http`: the status for the caller of the guarded service (`decision`) or for the PEP itself (`problem`).
 * - `grpc`: the `google.rpc.Code` of the same outcome.
 * - `error`: the `WWW-Authenticate` error (RFC 6750 §3.1, RFC 9449 §7.1 and §8, RFC 9470 §3), where one fits.
 * - `retry`: whether the same ask may succeed later without a change by the caller.
 * - `fault`: true where the cause is ours or an outage, not the caller and not policy.
 * - `say`: the public text; the only text about this code that leaves in a challenge.
 */
export interface CodeRow {
  readonly kind: 'decision' | 'problem'
  readonly http: number
  readonly grpc: number
  readonly error?: ChallengeError
  readonly retry: boolean
  readonly fault?: true
  readonly say: string
}

/** Errors a `WWW-Authenticate` challenge may name. */
export type ChallengeError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'insufficient_user_authentication'

type RowOf<Kind extends CodeRow['kind']> = CodeRow & { readonly kind: Kind }

const decision = (http: number, grpc: number, say: string, more: Partial<CodeRow> = {}): RowOf<'decision'> => ({
  http,
  grpc,
  retry: false,
  say,
  ...more,
  kind: 'decision',
})

const problem = (http: number, grpc: number, say: string, retry = false): RowOf<'problem'> => ({
  kind: 'problem',
  http,
  grpc,
  retry,
  say,
})

const token = { error: 'invalid_token' } as const
const proof = { error: 'invalid_dpop_proof' } as const
const outage = { retry: true, fault: true } as const

/** Every code, once. gRPC numbers: 0 OK, 3 INVALID_ARGUMENT, 5 NOT_FOUND, 7 PERMISSION_DENIED, 8 RESOURCE_EXHAUSTED, 13 INTERNAL, 14 UNAVAILABLE, 16 UNAUTHENTICATED. */
export const codes = {
  ALLOWED: decision(200, 0, 'allowed'),

  POLICY_DENIED: decision(403, 7, 'denied by policy'),
  POLICY_UNDEFINED: decision(403, 7, 'policy gave no answer'),
  POLICY_ERROR: decision(403, 7, 'policy gave no usable answer', { fault: true }),
  POLICY_UNAVAILABLE: decision(503, 14, 'policy is not available', outage),

  CREDENTIAL_MISSING: decision(401, 16, 'a credential is needed'),
  CREDENTIAL_MALFORMED: decision(401, 16, 'credential is malformed', token),
  CREDENTIAL_AMBIGUOUS: decision(401, 16, 'more than one credential where one is allowed', {
    error: 'invalid_request',
  }),
  CREDENTIAL_UNSUPPORTED: decision(401, 16, 'credential is not of an accepted kind', token),
  CREDENTIAL_REFUSED: decision(401, 16, 'credential is not accepted', token),
  CREDENTIAL_CONFLICT: decision(401, 16, 'credentials do not agree', token),

  ISSUER_UNKNOWN: decision(401, 16, 'issuer is not accepted', token),
  KEY_UNKNOWN: decision(401, 16, 'signing key is not known', token),
  SIGNATURE_INVALID: decision(401, 16, 'signature is not valid', token),
  EXPIRED: decision(401, 16, 'credential has expired', token),
  NOT_YET_VALID: decision(401, 16, 'credential is not valid yet', token),
  AUDIENCE_REFUSED: decision(401, 16, 'credential is not meant for this service', token),
  CERTIFICATE_REFUSED: decision(401, 16, 'certificate is not accepted', token),
  VOUCH_REFUSED: decision(401, 16, 'this enforcement point may not vouch for a certificate', token),

  PROOF_REQUIRED: decision(401, 16, 'a proof of possession is needed', token),
  PROOF_INVALID: decision(401, 16, 'proof of possession is not valid', proof),
  PROOF_NONCE_REQUIRED: decision(401, 16, 'proof of possession needs a nonce', {
    error: 'use_dpop_nonce',
    retry: true,
  }),
  REPLAYED: decision(401, 16, 'credential or proof was used before', proof),
  REVOKED: decision(401, 16, 'credential is revoked', token),

  ATTESTATION_STALE: decision(401, 16, 'attestation is too old', token),
  ASSURANCE_REQUIRED: decision(401, 16, 'stronger authentication is needed', {
    error: 'insufficient_user_authentication',
  }),

  SUBJECT_RATE_LIMITED: decision(429, 8, 'too many requests from this caller', { retry: true }),
  PATH_AMBIGUOUS: decision(403, 7, 'request path can be read in two ways'),
  INPUT_LIMIT: decision(403, 7, 'request exceeds a limit of evaluation'),
  OBLIGATION_UNSUPPORTED: decision(403, 7, 'policy asks for an obligation this service cannot perform'),

  TRUST_UNAVAILABLE: decision(503, 14, 'keys of the issuer are not available', outage),
  FIRST_USE_UNAVAILABLE: decision(503, 14, 'replay protection is not available', outage),
  REVOCATION_UNAVAILABLE: decision(503, 14, 'what is revoked is not known', outage),
  AUDIT_UNAVAILABLE: decision(503, 14, 'audit is not available', outage),
  OVERLOADED: decision(503, 8, 'too many requests at once', outage),
  DEADLINE: decision(503, 14, 'no decision within the deadline', outage),
  INTERNAL: decision(503, 13, 'internal fault', { fault: true }),

  REQUEST_MALFORMED: problem(400, 3, 'request is malformed'),
  PEP_UNAUTHENTICATED: problem(401, 16, 'this is about you, not your caller: authenticate to the decision point'),
  PEP_REFUSED: problem(403, 7, 'this enforcement point may not ask for that service'),
  SERVICE_UNKNOWN: problem(404, 5, 'no such service'),
  NOT_FOUND: problem(404, 5, 'no such resource here'),
  METHOD_NOT_ALLOWED: problem(405, 3, 'method is not allowed here'),
  REQUEST_TIMEOUT: problem(408, 3, 'request was not received in time', true),
  BODY_TOO_LARGE: problem(413, 8, 'request body is too large'),
  MEDIA_TYPE_UNSUPPORTED: problem(415, 3, 'media type or encoding is not supported'),
  RATE_LIMITED: problem(429, 8, 'too many requests from this enforcement point', true),
  SHED: problem(503, 8, 'too many requests at once', true),
} as const satisfies Readonly<Record<string, CodeRow>>

export type Code = keyof typeof codes

type CodesOf<Kind extends CodeRow['kind']> = {
  [C in Code]: (typeof codes)[C]['kind'] extends Kind ? C : never
}[Code]

/** Codes that refuse. `ALLOWED` is not among them: an allow is never built from a refusal. */
export type RefusalCode = Exclude<Code, 'ALLOWED'>

/** The row of a code. */
export const rowOf = (code: Code): CodeRow => codes[code]

export type ProblemCode = CodesOf<'problem'>
