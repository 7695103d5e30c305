import type { Ask, Question } from './ask.ts'
import type { Assurance, Caller, Delegate, VerifiedFacts } from './caller.ts'
import type { Frame } from './frame.ts'
import type { JsonObject } from './json.ts'
import { nanosecondDigits } from './time.ts'

/**
 * What policy sees. Nothing the asker claims stands under `service`, `pep`, `subject`, `attested` or `verified`: claims
 * of the asker are `action`, `resource`, `context` and `request` alone. Absent facts are absent members.
 */
export interface PolicyInput {
  readonly service: { readonly name: string; readonly environment?: string }
  readonly pep: { readonly name: string }
  readonly subject?: {
    readonly id: string
    readonly issuer: string
    readonly trust_domain?: string
    readonly path?: string
    readonly methods: readonly string[]
    readonly assurance: Assurance
  }
  readonly attested: Readonly<Record<string, string>>
  readonly attested_sources: Readonly<Record<string, string>>
  readonly verified: readonly VerifiedFacts[]
  readonly delegation: readonly Delegate[]
  readonly action?: JsonObject
  readonly resource?: JsonObject
  readonly context: JsonObject
  readonly request?: {
    readonly method: string
    readonly scheme: string
    readonly host: string
    readonly raw_path: string
    readonly path: string
    readonly path_segments: readonly string[]
    readonly query: Readonly<Record<string, readonly string[]>>
    readonly headers: Readonly<Record<string, readonly string[]>>
  }
  /** `now_ns` as decimal digits: written as a number into the document, which a double could not carry. */
  readonly time: { readonly now_ns: string }
}

/**
 * What policy sees whose Rego was written for another decision point: the document as that one makes it, whole. What the
 * first gate proved is not in it.
 */
export interface DialectInput {
  readonly dialect: 'opa-envoy'
  readonly document: JsonObject
}

/** An input in the dialect of its policy, which refuses one of another. */
export type EvaluationInput = PolicyInput | DialectInput

export const isDialectInput = <T extends object>(input: T | DialectInput): input is DialectInput => 'dialect' in input

/** The input of one question. */
export function inputOf(ask: Ask, caller: Caller, question: Question, frame: Frame): EvaluationInput {
  const { service, request, document } = ask
  if (document) return { dialect: 'opa-envoy', document }
  return {
    service:
      service.environment === undefined
        ? { name: service.name }
        : { name: service.name, environment: service.environment },
    pep: { name: ask.pep.name },
    ...(caller.subject && { subject: caller.subject }),
    attested: caller.attested,
    attested_sources: caller.attestedSources,
    verified: caller.verified,
    delegation: caller.delegation,
    ...(question.action && { action: question.action }),
    ...(question.resource && { resource: question.resource }),
    context: ask.context,
    ...(request && {
      request: {
        method: request.method,
        scheme: request.scheme,
        host: request.host,
        raw_path: request.rawPath,
        path: request.path,
        path_segments: request.segments,
        query: request.query,
        headers: request.headers,
      },
    }),
    time: { now_ns: nanosecondDigits(frame.now) },
  }
}
