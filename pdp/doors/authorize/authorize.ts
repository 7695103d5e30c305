import type { Ask, Reuse } from '../../core/ask.ts'
import { readJson } from '../../core/read-json.ts'
import { ok, type Result } from '../../core/result.ts'
import type { Pep, Service } from '../../core/service.ts'
import type { TraceContext } from '../../core/trace-context.ts'
import type { Door } from '../../seams.ts'
import { type Problem, problemOf } from '../problem.ts'
import { authorizeJsonLimits } from './json-limits.ts'
import { readAuthorizeRequest } from './read-request.ts'
import { writeReply } from './write-reply.ts'

/** One request to `POST /authorize`, admitted. `body` is its JSON text. */
export interface AuthorizeRequest {
  readonly service: Service
  readonly askId?: string
  readonly reuse?: Reuse
  /** That of the call itself. */
  readonly trace?: TraceContext
  readonly body: string
}

/** The door of `POST /authorize`. An ask id counts only from an enforcement point that authenticated. */
export function createAuthorizeDoor(demo: boolean): Door<AuthorizeRequest, Problem> {
  return {
    toAsk,
    toReply: (decision, ask) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: writeReply(decision, ask, demo),
    }),
    refuse: problemOf,
  }
}

function toAsk({ service, askId, reuse, trace, body: text }: AuthorizeRequest, pep: Pep): Result<Ask> {
  const body = readJson(text, authorizeJsonLimits, 'REQUEST_MALFORMED')
  if (!body.ok) return body
  const read = readAuthorizeRequest(body.value, service)
  if (!read.ok) return read
  const known = askId !== undefined && pep.authentication.kind !== 'none'
  return ok({
    door: 'authorize',
    service,
    pep,
    ...(known && { askId }),
    ...(reuse && { reuse }),
    ...read.value,
    ...(trace && { trace }),
  })
}
