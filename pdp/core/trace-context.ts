import type { RequestFacts } from './request-facts.ts'

/** The trace that a request belongs to (W3C Trace Context §3.2): its id, and that of the span that sent the request. */
export interface TraceContext {
  readonly id: string
  readonly parent: string
}

const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/

/** Of one well-formed `traceparent`; several, or another form, name no trace (§3.2.2.3, §4.3). */
export function traceContextOf(headers: RequestFacts['headers'] | undefined): TraceContext | undefined {
  const values = headers && Object.hasOwn(headers, 'traceparent') ? headers['traceparent'] : undefined
  const [, id, parent] = (values?.length === 1 && pattern.exec(values[0] ?? '')) || []
  return id === undefined || parent === undefined ? undefined : { id, parent }
}
