import type { Ask } from '../../core/ask.ts'
import { clauses } from '../../core/clause.ts'
import type { Decision } from '../../core/decision.ts'
import { type Refusal, type Result, refuse } from '../../core/result.ts'
import type { Pep, Service } from '../../core/service.ts'
import { readTraceContext, type TraceContext } from '../../core/trace-context.ts'
import type { Decide } from '../../decide.ts'
import type { ConcurrencyLimit } from '../concurrency-limit.ts'
import { admit, type Directory } from '../admit.ts'
import type { PepCertificateOf } from '../http/pep-certificate.ts'
import type { GrpcCall, UnaryMethod } from '../grpc/methods.ts'
import { type CheckRequest, readCheckRequest } from './check-request.ts'
import { type CheckReply, writeCheckResponse } from './check-response.ts'
import { asRouteDemands, serviceNamed } from './route-settings.ts'
import { withDocument } from './opa-envoy/with-document.ts'
import { toAsk } from './to-ask.ts'
import { dryRunReply, refusedReply, toReply } from './to-reply.ts'

export const checkClauses = clauses({
  inFlight: 'ext-authz-asks-in-flight',
  timeout: 'ext-authz-timeout',
  fault: 'ext-authz-fault',
})

/** The path of the method, which Envoy calls. */
export const checkPath = '/envoy.service.auth.v3.Authorization/Check'

/** What is told of each check. Must return at once and never throw. */
export interface CheckEvents {
  refused(refusal: Refusal): void
  decided(decision: Decision, ask: Ask, seconds: number): void
}

export interface CheckParts {
  /** Taken once per check, so that a reload never mixes. */
  readonly current: () => Directory & { readonly decide: Decide }
  /** The key of the listener in the configuration. */
  readonly listener: string
  readonly concurrency: ConcurrencyLimit
  readonly events: CheckEvents
  readonly certificateOf: PepCertificateOf
  /** Monotonic milliseconds. */
  readonly now: () => number
}

const shareOfTimeout = 0.8

/** The service of a check, from when it is known, if it is only tried out: then whatever follows lets the request pass. */
interface Tried {
  service: Service | undefined
}

/**
 * `Authorization/Check`. Every outcome is an answer, refusals and faults of our own too: an error of the call is an allow
 * wherever the proxy fails open, and callers must not be able to bring one about.
 */
export function createCheckMethod(parts: CheckParts): UnaryMethod {
  const { current, listener, concurrency, events, certificateOf, now } = parts

  async function check(message: Buffer, call: GrpcCall, tried: Tried): Promise<CheckReply> {
    const request = readCheckRequest(message)
    if (!request.ok) return refused(request)
    const { decide, ...directory } = current()
    const { verifyPepCertificate: verify } = directory
    const { remoteAddress: address } = call.socket
    const connection = {
      authorization: call.headers['authorization'],
      certificate: verify && (await certificateOf(call.socket, verify)),
      socket: address === undefined ? listener : undefined,
      address,
    }
    const extensions = request.value.contextExtensions
    const admitted = admit(connection, serviceNamed(extensions), directory)
    if (!admitted.ok) return refused(admitted)
    const { pep } = admitted.value
    tried.service = admitted.value.service.dryRun && admitted.value.service
    const began = now()
    const service = asRouteDemands(admitted.value.service, extensions)
    if (!service.ok) return refused(service)
    const ask = askOf(message, request.value, service.value, pep)
    if (!ask.ok) return refused(ask)
    const trace = traceOfCall(call)
    const asked = trace ? { ...ask.value, trace } : ask.value
    const decision = await decide(asked)
    events.decided(decision, asked, (now() - began) / 1000)
    return toReply(decision, service.value)
  }

  function refused(refusal: Refusal): CheckReply {
    events.refused(refusal)
    return refusedReply(refusal)
  }

  return {
    kind: 'unary',
    async answer(message, call) {
      const entered = concurrency.enter()
      if (entered !== true && !(await entered)) {
        return writeCheckResponse(refused(refuse('SHED', checkClauses.inFlight, 'too many asks are under way')))
      }
      const began = now()
      const tried: Tried = { service: undefined }
      const write = (reply: CheckReply) => writeCheckResponse(tried.service ? dryRunReply(reply, tried.service) : reply)
      try {
        const reply = await within(call.timeoutMs, check(message, call, tried), () =>
          refused(refuse('DEADLINE', checkClauses.timeout, 'no decision within the timeout of the call')),
        )
        return write(reply)
      } catch {
        return write(refused(refuse('INTERNAL', checkClauses.fault, 'this check could not be handled')))
      } finally {
        concurrency.leave(now() - began)
      }
    },
    refuse: (refusal) => writeCheckResponse(refused(refusal)),
  }
}

/** What is asked, in the dialect of the service. */
function askOf(message: Buffer, request: CheckRequest, service: Service, pep: Pep): Result<Ask> {
  const ask = toAsk(request, service, pep)
  return ask.ok && service.dialect ? withDocument(ask.value, message, service.dialect) : ask
}

/** The trace that the proxy says its call belongs to, which counts before what the request says that it asks about. */
function traceOfCall({ headers }: GrpcCall): TraceContext | undefined {
  const parent = headers['traceparent']
  return parent === undefined
    ? undefined
    : readTraceContext('pep', [parent].flat(), [headers['tracestate'] ?? []].flat())
}

/** An answer that comes before the other side gives up: what it does then is its own setting, not ours. */
function within(
  timeoutMs: number | undefined,
  reply: Promise<CheckReply>,
  late: () => CheckReply,
): Promise<CheckReply> {
  if (timeoutMs === undefined) return reply
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late()), Math.floor(timeoutMs * shareOfTimeout))
    reply.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
