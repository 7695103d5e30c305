import type { Evidence } from '../core/ask.ts'
import { clauses } from '../core/clause.ts'
import { evidenceHeaders } from '../core/evidence-headers.ts'
import type { RequestFacts } from '../core/request-facts.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readTraceContext, type TraceContext } from '../core/trace-context.ts'

export const headerClauses = clauses({
  name: 'authorize-header-name',
  value: 'authorize-header-value',
  count: 'request-header-count',
})

/**
 * Headers apart: what carries evidence, what else signatures and proofs may cover, and the allow-list that policy sees. All
 * others are dropped, but for the trace that they name.
 */
export interface SplitHeaders {
  readonly evidence: Evidence['headers']
  readonly covered: Evidence['headers']
  readonly visible: RequestFacts['headers']
  readonly trace?: TraceContext
}

/** A name, in any case, and its value or values. */
export type HeaderField = readonly [name: string, values: string | readonly string[]]

/** Headers policy may see: none can hold a credential. */
const visibleHeaders: readonly string[] = [
  'accept',
  'accept-language',
  'content-length',
  'content-type',
  'host',
  'origin',
  'traceparent',
  'user-agent',
  'x-request-id',
]

const maximumHeaders = 128
const namePattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/
const evidenceNames: ReadonlySet<string> = new Set(evidenceHeaders)
const visibleNames: ReadonlySet<string> = new Set(visibleHeaders)

/** What proofs and signatures need whatever the service: for the body, and for tokens that a proof has hashes of. */
const alwaysCovered: ReadonlySet<string> = new Set(['content-digest', 'transfer-encoding', 'txn-token'])

/**
 * Splits the headers of a request, names lower-cased: two spellings of one name are two values of it. `listed`: those that
 * the service lets proofs cover.
 */
export function readHeaders(fields: readonly HeaderField[], listed: readonly string[] = []): Result<SplitHeaders> {
  if (fields.length > maximumHeaders) {
    return refuse('REQUEST_MALFORMED', headerClauses.count, `more than ${maximumHeaders} headers`)
  }
  const evidence = new Map<string, readonly string[]>()
  const covered = new Map<string, readonly string[]>()
  const visible: Record<string, readonly string[]> = {}
  let states: readonly string[] | undefined
  for (const [name, given] of fields) {
    if (!namePattern.test(name)) return refuse('REQUEST_MALFORMED', headerClauses.name, 'a header name is not a token')
    const values = typeof given === 'string' ? [given] : given
    if (!values.every(isFieldValue)) {
      return refuse('REQUEST_MALFORMED', headerClauses.value, 'a header value holds control characters or is too long')
    }
    const lower = name.toLowerCase()
    if (evidenceNames.has(lower)) evidence.set(lower, [...(evidence.get(lower) ?? []), ...values])
    else if (visibleNames.has(lower)) visible[lower] = [...(visible[lower] ?? []), ...values]
    else if (alwaysCovered.has(lower) || lower.startsWith('x-amz-') || listed.includes(lower)) {
      covered.set(lower, [...(covered.get(lower) ?? []), ...values])
    }
    if (lower === 'tracestate') states = [...(states ?? []), ...values]
  }
  const trace = readTraceContext('request', visible['traceparent'], states)
  return ok({ evidence, covered, visible, ...(trace && { trace }) })
}

const maximumValue = 16_384

// RFC 9110 §5.5: visible characters, spaces and tabs, and bytes above 0x7f; no control characters
const isFieldValue = (value: string): boolean => value.length <= maximumValue && !/[\x00-\x08\x0a-\x1f\x7f]/.test(value)
