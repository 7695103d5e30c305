import type { RequestFacts } from './request-facts.ts'

/**
 * The trace that an ask belongs to (W3C Trace Context §3): its id, that of the span that asked, whether that one is
 * recorded, and what else tracing systems passed on (`state`, a `tracestate` of good form). It is never evidence.
 *
 * - `from`: who said so: the enforcement point in its own call, or the request that is asked about, and so maybe anyone.
 */
export interface TraceContext {
  readonly id: string
  readonly parent: string
  readonly sampled?: true
  readonly state?: string
  readonly from: 'pep' | 'request'
}

const pattern = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]*)?$/
const maximumLength = 512

/**
 * Reads the values of `traceparent` and `tracestate`. Several parents, or one of another form, name no trace, and a state
 * of another form is none (§3.2.2.3, §3.3.1.6, §4.3): whatever stands there, the ask goes on.
 */
export function readTraceContext(
  from: TraceContext['from'],
  parents: readonly string[] | undefined,
  states: readonly string[] = [],
): TraceContext | undefined {
  const [only] = parents ?? []
  if (only === undefined || parents?.length !== 1 || only.length > maximumLength) return undefined
  const [, version, id, parent, flags, later] = pattern.exec(only) ?? []
  if (id === undefined || parent === undefined) return undefined
  if (version === '00' && later !== undefined) return undefined // what follows is for versions to come
  const state = readTraceState(states)
  return {
    id,
    parent,
    from,
    ...(Number.parseInt(flags ?? '', 16) % 2 === 1 && { sampled: true as const }),
    ...(state !== undefined && { state }),
  }
}

/** That of the headers of a request that is asked about. */
export const traceContextOf = (headers: RequestFacts['headers'] | undefined): TraceContext | undefined =>
  headers && Object.hasOwn(headers, 'traceparent') ? readTraceContext('request', headers['traceparent']) : undefined

const maximumState = 2_048
const maximumMembers = 32
const key = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/
const value = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/

/** A `tracestate` (§3.3.1) in one line; undefined for none, and for one that is not as it should be. */
function readTraceState(values: readonly string[]): string | undefined {
  const text = values.join(',')
  if (text === '' || text.length > maximumState) return undefined
  const members = text
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '')
  const keys = members.map((member) => member.slice(0, Math.max(0, member.indexOf('='))))
  const sound = members.every(
    (member, i) => key.test(keys[i] ?? '') && value.test(member.slice((keys[i] ?? '').length + 1)),
  )
  return sound && members.length > 0 && members.length <= maximumMembers && new Set(keys).size === keys.length
    ? members.join(',')
    : undefined
}
