import type { JsonObject } from './json.ts'
import type { RequestFacts } from './request-facts.ts'
import type { Pep, Service } from './service.ts'
import { type TraceContext, traceContextOf } from './trace-context.ts'

/** One question of an ask: may the caller do this to that? */
export interface Question {
  readonly action?: JsonObject
  readonly resource?: JsonObject
}

/** A credential from the body, for callers without HTTP headers. Unverified. */
export interface PresentedCredential {
  readonly type: string
  readonly token: string
}

/**
 * What the caller presented. Unverified, and never logged raw.
 *
 * - `headers`: of those that carry evidence, lower-cased name → every value in the order received.
 * - `certificate`: PEM chain of the TLS client that the PEP saw, leaf first.
 */
export interface Evidence {
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly credentials: readonly PresentedCredential[]
  readonly certificate?: string
  /** The IP address of the caller, as the enforcement point says; it counts where that one may vouch for it. */
  readonly sourceAddress?: Uint8Array
  /** Other headers that a signature may cover or a proof may name, by lower-cased name: those that the service lists. */
  readonly covered?: ReadonlyMap<string, readonly string[]>
}

/** One request to the decision point, parsed once at a door. Everything in it is unverified but `service` and `pep`. */
export interface Ask {
  readonly door: string
  readonly service: Service
  readonly pep: Pep
  /** Given by the PEP's own client on its authenticated connection, so that a repeat is known as a retry. */
  readonly askId?: string
  readonly evidence: Evidence
  readonly questions: readonly [Question, ...Question[]]
  readonly context: JsonObject
  readonly request?: RequestFacts
  /** The input of policy in the dialect of the service: all of it, in place of ours. */
  readonly document?: JsonObject
  /** Absent: {@link freely}. */
  readonly reuse?: Reuse
  /** Whatever is decided, the enforcement point lets the request pass. */
  readonly dryRun?: true
  /** The trace that it belongs to, as the door read it; see {@link traceOf}. */
  readonly trace?: TraceContext
}

/** The trace that an ask belongs to: that of the enforcement point's own call, else that of the request asked about. */
export const traceOf = ({ trace, request }: Ask): TraceContext | undefined => trace ?? traceContextOf(request?.headers)

/**
 * What the PEP says about answers of policy seen before (RFC 9111 §5.2.1). `read`: one may answer this ask, unless it said
 * `no-cache`. `store`: the answer to this one may be kept, unless it said `no-store`. Identity is proved anew either way.
 */
export interface Reuse {
  readonly read: boolean
  readonly store: boolean
}

export const freely: Reuse = { read: true, store: true }
