import { type Ask, traceOf } from './ask.ts'
import type { Assurance, CredentialProvenance, Delegate } from './caller.ts'
import type { Clause } from './clause.ts'
import { type Code, rowOf } from './codes.ts'
import type { Digest } from './digest.ts'
import type { Draft, PolicyIdentity } from './draft.ts'
import type { CacheUse, Obligation, Reason } from './evaluated.ts'
import type { EventRecord } from './event-record.ts'
import type { DecisionId, Frame } from './frame.ts'
import type { JsonObject } from './json.ts'
import { recordedPepAuthentication, type RecordedPepAuthentication } from './recorded-pep.ts'
import type { Spent } from './spent.ts'
import type { Instant } from './time.ts'
import type { TraceContext } from './trace-context.ts'

/** What the log keeps. Never a token, key or proof: a record is built from verified and parsed values alone. */
export type AuditRecord = DecisionRecord | EventRecord

/** One decision. `error` where the cause was not policy and not the caller; `demo` where it was made for show. */
export interface DecisionRecord {
  readonly kind: 'decision'
  readonly id: DecisionId
  readonly at: Instant
  readonly door: string
  readonly pep: string
  /** How the enforcement point showed who it is. */
  readonly pepAuth?: RecordedPepAuthentication
  /** The trace that it belongs to: of the call, else of the request that was asked about, else the one begun for it. */
  readonly trace?: RecordedTrace
  readonly askId?: string
  readonly service: string
  /** In which the policy of the service is written, where it is not ours. */
  readonly dialect?: 'opa-envoy'
  /** Nobody looked who the caller is: policy alone judged. */
  readonly authn?: 'none'
  /** Policy saw credentials, so that its input is not kept. */
  readonly credentialsExposed?: true
  readonly effect: 'allow' | 'deny'
  readonly code: Code
  readonly clause: Clause
  readonly detail: string
  readonly error?: true
  readonly subject?: RecordedSubject
  readonly attested?: Readonly<Record<string, string>>
  readonly delegation?: readonly Pick<Delegate, 'issuer' | 'id'>[]
  readonly questions: readonly RecordedQuestion[]
  readonly request?: { readonly method: string; readonly host: string; readonly path: string }
  readonly policy?: PolicyIdentity
  /** What builtins answered that depends on the decision: with it, the decision can be evaluated again. */
  readonly builtins?: readonly RecordedBuiltinAnswer[]
  /** The enforcement point let the request pass, whatever the effect. */
  readonly dryRun?: true
  /** Of the line that is kept to evaluate the decision again: what is kept under its id is that, or was altered. */
  readonly payloadSha256?: Digest
  /** What was not as it should be when it was made. */
  readonly degraded?: readonly Degraded[]
  readonly spent?: Spent
  readonly demo?: true
}

/**
 * - `redis`: the Redis of the fleet does not answer. `revocation`: what is revoked may lack something. `disk`: almost full.
 * - `tree`: records do not come under a checkpoint. `trust`: keys of some source are older than they may be.
 */
export type Degraded = 'redis' | 'revocation' | 'disk' | 'tree' | 'trust'

/** Its id, and that of the span that it is recorded beneath. */
export type RecordedTrace = Pick<TraceContext, 'id' | 'parent' | 'sampled'>

/** What one builtin answered: operands and answer as Rego texts, `answer` absent for undefined. */
export interface RecordedBuiltinAnswer {
  readonly name: string
  readonly operands: readonly string[]
  readonly answer?: string
}

interface RecordedSubject {
  readonly issuer: string
  readonly id: string
  readonly methods: readonly string[]
  readonly assurance: Assurance
  readonly credentials: readonly {
    readonly method: string
    readonly issuer: string
    readonly expires_at: string
    readonly key_thumbprint?: string
    readonly via?: string
    readonly jti_sha256?: Digest
    readonly kid_sha256?: Digest
    readonly trust_age_s?: number
    /** Those that the configuration lets into records. */
    readonly claims?: JsonObject
  }[]
}

/**
 * One question with its verdict; the properties of action and resource are the asker's and stay out.
 *
 * - `reasons`, `obligations`: absent beside `filledBy` where they are those of that record.
 * - `inputSha256`: of the text that was evaluated; where nothing was, the record of `filledBy` has it.
 */
export interface RecordedQuestion {
  readonly action?: string
  readonly resource?: { readonly type?: string; readonly id?: string }
  readonly code: Code
  readonly clause: Clause
  readonly reasons?: readonly Reason[]
  readonly obligations?: readonly Obligation[]
  readonly cache?: CacheUse
  readonly filledBy?: DecisionId
  readonly inputSha256?: Digest
}

/** `claims`: names of claims that may stand in records; absent: none. */
interface RecordExtras {
  readonly spent?: Spent
  readonly claims?: ReadonlySet<string>
}

const noClaims: ReadonlySet<string> = new Set()

/** The record of a decision. */
export function recordOf(
  ask: Ask,
  draft: Draft,
  frame: Frame,
  { spent, claims = noClaims }: RecordExtras = {},
): DecisionRecord {
  const { caller } = draft
  const trace = traceOf(ask)
  return {
    kind: 'decision',
    id: frame.id,
    at: frame.now,
    door: ask.door,
    pep: ask.pep.name,
    pepAuth: recordedPepAuthentication(ask.pep),
    ...(trace && { trace: recordedTrace(trace) }),
    ...(ask.askId !== undefined && { askId: ask.askId }),
    service: ask.service.name,
    ...dialectOf(ask),
    effect: draft.effect,
    code: draft.code,
    clause: draft.clause,
    detail: draft.detail,
    ...(rowOf(draft.code).fault && { error: true as const }),
    ...(caller?.subject && { subject: subjectOf(caller.subject, caller, claims) }),
    ...(caller && { attested: caller.attested }),
    ...(caller &&
      caller.delegation.length > 0 && { delegation: caller.delegation.map(({ issuer, id }) => ({ issuer, id })) }),
    questions: ask.questions.map((question, i) => questionOf(question, draft, i)),
    ...(ask.request && { request: { method: ask.request.method, host: ask.request.host, path: ask.request.rawPath } }),
    ...(draft.policy && { policy: draft.policy }),
    ...(ask.dryRun && { dryRun: true as const }),
    ...(spent && { spent }),
  }
}

const recordedTrace = ({ id, parent, sampled }: RecordedTrace): RecordedTrace => ({
  id,
  parent,
  ...(sampled && { sampled }),
})

function dialectOf({ service: { dialect, identity } }: Ask) {
  return (
    dialect && {
      dialect: dialect.name,
      ...(identity === 'policy' && { authn: 'none' as const }),
      ...(dialect.exposeCredentials && { credentialsExposed: true as const }),
    }
  )
}

function subjectOf(
  subject: NonNullable<NonNullable<Draft['caller']>['subject']>,
  { verified, provenance }: Pick<NonNullable<Draft['caller']>, 'verified' | 'provenance'>,
  recorded: ReadonlySet<string>,
): RecordedSubject {
  const { issuer, id, methods, assurance } = subject
  return {
    issuer,
    id,
    methods,
    assurance,
    credentials: verified.map(({ method, issuer, expires_at, key_thumbprint, via, claims }, i) => ({
      method,
      issuer,
      expires_at,
      ...(key_thumbprint !== undefined && { key_thumbprint }),
      ...(via !== undefined && { via }),
      ...provenanceOf(provenance[i]),
      ...(recorded.size > 0 && { claims: among(claims, recorded) }),
    })),
  }
}

const among = (claims: JsonObject, names: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => names.has(name)))

const provenanceOf = ({ jti, kid, trustAgeSeconds }: CredentialProvenance = {}) => ({
  ...(jti !== undefined && { jti_sha256: jti }),
  ...(kid !== undefined && { kid_sha256: kid }),
  ...(trustAgeSeconds !== undefined && { trust_age_s: trustAgeSeconds }),
})

function questionOf(question: Ask['questions'][number], draft: Draft, i: number): RecordedQuestion {
  const verdict = draft.verdicts[i]
  const evaluated = verdict?.evaluated
  const name = text(question.action, 'name')
  const type = text(question.resource, 'type')
  const id = text(question.resource, 'id')
  return {
    ...(name !== undefined && { action: name }),
    ...(question.resource && { resource: { ...(type !== undefined && { type }), ...(id !== undefined && { id }) } }),
    code: verdict?.code ?? draft.code,
    clause: verdict?.clause ?? draft.clause,
    ...(evaluated && {
      reasons: evaluated.reasons,
      cache: evaluated.cache,
      ...(evaluated.obligations.length > 0 && { obligations: evaluated.obligations }),
      ...(evaluated.filledBy !== undefined && { filledBy: evaluated.filledBy }),
      ...(evaluated.inputSha256 !== undefined && { inputSha256: evaluated.inputSha256 }),
    }),
  }
}

function text(object: JsonObject | undefined, name: string): string | undefined {
  const value = object && Object.hasOwn(object, name) ? object[name] : undefined
  return typeof value === 'string' ? value : undefined
}
