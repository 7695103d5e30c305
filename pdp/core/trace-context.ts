import type { RequestFacts } from './request-facts.ts'

/**
 * The trace that a request belongs to (W3C Trace Context §3.2): its id, that of the span that sent the
 * request, and whether the caller recorded it, as far as it says so.
 */
export interface TraceContext {
  readonly id: string
  readonly parent: string
  readonly sampled?: true
}

const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/

/** Of one well-formed `traceparent`; several, or another form, name no trace (§3.2.2.3, §4.3). */
export function traceContextOf(headers: RequestFacts['headers'] | undefined): TraceContext | undefined {
  const values = headers && Object.hasOwn(headers, 'traceparent') ? headers['traceparent'] : undefined
  const [, id, parent, flags] = (values?.length === 1 && pattern.exec(values[0] ?? '')) || []
  if (id === undefined || parent === undefined) return undefined
  return { id, parent, ...(Number.parseInt(flags ?? '', 16) % 2 === 1 && { sampled: true as const }) }
}
