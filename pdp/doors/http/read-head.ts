import type { IncomingMessage } from 'node:http'
import type { Reuse } from '../../core/ask.ts'
import { type Clause, clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { readTraceContext, type TraceContext } from '../../core/trace-context.ts'

export const headClauses = clauses({
  duplicate: 'http-duplicate-header',
  contentType: 'http-content-type',
  contentEncoding: 'http-content-encoding',
  askId: 'http-idempotency-key-form',
})

/** What the head of a request to the decision point says, each header once. */
export interface RequestHead {
  readonly authorization?: string
  readonly askId?: string
  readonly requestId?: string
  /** What `Cache-Control` says of earlier answers; absent if it says nothing. */
  readonly reuse?: Reuse
  readonly trace?: TraceContext
}

// Node keeps the first of two of these, or joins them; either way one of two readers is wrong about the request.
const single: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'content-type',
  'content-encoding',
  'content-length',
  'dpop',
  'idempotency-key',
  'x-forwarded-client-cert',
  'x-request-id',
])

// Lists, also over several lines; a second `traceparent` is no reason to refuse.
const several: ReadonlySet<string> = new Set(['cache-control', 'traceparent', 'tracestate'])

const visibleAscii = /^[\x21-\x7e]{1,128}$/

/**
 * Reads the head. `Idempotency-Key` is the ask id: it says that an ask is the same one, tried again. `X-Request-ID` is
 * echoed if it is of a harmless form and left out otherwise.
 */
export function readHead(message: Pick<IncomingMessage, 'rawHeaders'>): Result<RequestHead> {
  const seen = new Map<string, string>()
  const lists = new Map<string, string[]>()
  const { rawHeaders } = message
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    if (several.has(name)) lists.set(name, [...(lists.get(name) ?? []), rawHeaders[i + 1] ?? ''])
    if (!single.has(name)) continue
    if (seen.has(name)) return bad(headClauses.duplicate, `two headers \`${name}\``)
    seen.set(name, rawHeaders[i + 1] ?? '')
  }
  const refusal = checkContent(seen.get('content-type'), seen.get('content-encoding'))
  if (refusal) return refusal
  const askId = seen.get('idempotency-key')
  if (askId !== undefined && !visibleAscii.test(askId)) {
    return bad(headClauses.askId, 'Idempotency-Key must be 1 to 128 visible ASCII characters')
  }
  const authorization = seen.get('authorization')
  const requestId = seen.get('x-request-id')
  const cacheControl = lists.get('cache-control')
  const trace = readTraceContext('pep', lists.get('traceparent'), lists.get('tracestate'))
  return ok({
    ...(authorization !== undefined && { authorization }),
    ...(askId !== undefined && { askId }),
    ...(cacheControl && { reuse: reuseOf(cacheControl.join(',')) }),
    ...(trace && { trace }),
    ...(requestId !== undefined && visibleAscii.test(requestId) && { requestId }),
  })
}

/** The directives of a request that concern us (RFC 9111 §5.2.1.4 and §5.2.1.5); others say nothing here. */
function reuseOf(cacheControl: string): Reuse {
  const directives = cacheControl
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim())
  return { read: !directives.includes('no-cache'), store: !directives.includes('no-store') }
}

const bad = (clause: Clause, detail: string): Refusal => refuse('REQUEST_MALFORMED', clause, detail)

function checkContent(type = '', encoding = 'identity'): Refusal | undefined {
  if (!/^application\/json *(?:; *charset="?utf-8"? *)?$/i.test(type)) {
    return refuse('MEDIA_TYPE_UNSUPPORTED', headClauses.contentType, 'content-type must be application/json')
  }
  return encoding.toLowerCase() === 'identity'
    ? undefined
    : refuse('MEDIA_TYPE_UNSUPPORTED', headClauses.contentEncoding, 'content-encoding is not accepted')
}
