import { type Ask, traceOf } from '../core/ask.ts'
import { rowOf } from '../core/codes.ts'
import type { Decision } from '../core/decision.ts'
import type { Evaluated } from '../core/evaluated.ts'
import type { DecisionRecord } from '../core/record.ts'
import type { Result } from '../core/result.ts'
import type { Decide } from '../decide.ts'
import type { Verify } from '../identity/verify.ts'
import type { Fetch } from '../net/fetch.ts'
import type { CompiledPolicy } from '../policy/compiled-policy.ts'
import type { AuditLog, Policy } from '../seams.ts'
import type { Attributes, SpanEnd, SpanIds, Traces } from '../telemetry/traces.ts'

// Spans of a decision: one of the call, and beneath it `verify`, `recall`, `evaluate`, `record`. They say names of the
// configuration, codes and counts; what is the caller's, its subject alone, and that only where it was configured.

/** Traces, and what they say of decisions. `decided`: hears by which span a decision was made. */
export interface DecisionTracing {
  readonly traces: Traces
  readonly subjects: boolean
  readonly decided: (decision: Decision, span: SpanIds) => void
}

/** What OpenTelemetry calls the call of each door. */
const callsOf: Readonly<Record<string, Attributes>> = {
  authorize: { 'http.request.method': 'POST', 'http.route': '/authorize' },
  ext_authz: { 'rpc.system.name': 'grpc', 'rpc.method': 'envoy.service.auth.v3.Authorization/Check' },
}

/** Decides in a span of the server, named for the door. */
export const traceDecide =
  (decide: Decide, { traces, subjects, decided }: DecisionTracing): Decide =>
  (ask) =>
    traces.serve(
      { name: ask.door, attributes: askedOf(ask), parent: traceOf(ask) },
      async () => {
        const span = traces.current()
        const decision = await decide(ask)
        if (span) decided(decision, span)
        return decision
      },
      (decision) => decidedOf(decision, subjects),
    )

const askedOf = ({ door, service, pep, questions, dryRun }: Ask): Attributes => ({
  ...callsOf[door],
  'sallyport.door': door,
  'sallyport.service': service.name,
  'sallyport.pep': pep.name,
  'sallyport.questions': questions.length,
  ...(dryRun && { 'sallyport.dry_run': true }),
})

function decidedOf({ id, effect, code, clause, policy, caller }: Decision, subjects: boolean): SpanEnd {
  const subject = subjects ? caller?.subject : undefined
  return ended(code, {
    'sallyport.decision.id': id,
    'sallyport.decision.effect': effect,
    'sallyport.decision.clause': clause,
    ...(policy && policyOf(policy)),
    ...(subject && { 'sallyport.subject.id': subject.id, 'sallyport.subject.issuer': subject.issuer }),
  })
}

const policyOf = ({ bundle, revision }: Policy['identity']): Attributes => ({
  'sallyport.policy.bundle': bundle,
  'sallyport.policy.revision': revision,
})

/** Only a fault of ours is an error of a span: a denial is an answer. */
const ended = (code: Decision['code'], attributes: Attributes = {}): SpanEnd => ({
  attributes: { 'sallyport.decision.code': code, ...attributes },
  ...(rowOf(code).fault && { fault: code }),
})

const refusedOr = <T>(result: Result<T>, told: (value: T) => Attributes): SpanEnd =>
  result.ok === true ? { attributes: told(result.value) } : ended(result.code)

export const traceVerify =
  (verify: Verify, traces: Traces): Verify =>
  (ask, frame) =>
    traces.step(
      { name: 'verify' },
      () => verify(ask, frame),
      (who) => refusedOr(who, ({ subject }) => (subject ? { 'sallyport.methods': subject.methods.join(' ') } : {})),
    )

const answered = (result: Result<Evaluated>): SpanEnd =>
  refusedOr(result, ({ allow, cache }) => ({ 'sallyport.answer.allow': allow, 'sallyport.cache': cache }))

/** A policy whose evaluations are spans. */
export const traceEvaluation = (policy: CompiledPolicy, traces: Traces): CompiledPolicy => ({
  ...policy,
  evaluate: (...args) => traces.step(evaluateOf(policy), () => policy.evaluate(...args), answered),
  evaluateWritten: (...args) => traces.step(evaluateOf(policy), () => policy.evaluateWritten(...args), answered),
})

const evaluateOf = ({ identity }: CompiledPolicy) => ({ name: 'evaluate', attributes: policyOf(identity) })

/** A policy with a cache before it: a span from when an answer is looked for to when there is one, evaluated or not. */
export const traceRecall = (policy: Policy, traces: Traces): Policy => ({
  identity: policy.identity,
  evaluate: (...args) => traces.step({ name: 'recall' }, () => policy.evaluate(...args), answered),
})

/** A log whose writing is a span. A decision whose call named no trace is recorded with the one that was begun for it. */
export const traceLog = (log: AuditLog, traces: Traces): AuditLog => ({
  append(record) {
    const traced = record.kind === 'decision' && !record.trace ? withTrace(record, traces.current()) : record
    return traces.step({ name: 'record' }, () => log.append(traced))
  },
})

const withTrace = (record: DecisionRecord, begun: SpanIds | undefined): DecisionRecord =>
  begun ? { ...record, trace: { id: begun.trace, parent: begun.span, sampled: true } } : record

/** A client whose requests are spans where a decision makes them, and belong to its trace at the other side. */
export const traceFetch =
  (fetch: Fetch, traces: Traces): Fetch =>
  (url, request) =>
    traces.step(
      { name: 'introspect', client: true, attributes: { 'server.address': hostOf(url) } },
      () => fetch(url, { ...request, headers: { ...request.headers, ...traces.headers() } }),
      (result) => (result.ok ? { attributes: {} } : { attributes: {}, fault: result.fault.kind }),
    )

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '')
