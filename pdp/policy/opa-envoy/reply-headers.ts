import { clauses } from '../../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { ReplyHeaders } from '../../core/policy-reply.ts'
import { reservedHeaders } from '../../core/reserved-headers.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'

export const replyHeaderClauses = clauses({
  shape: 'opa-envoy-result-headers',
  name: 'opa-envoy-result-header-name',
  reserved: 'opa-envoy-result-header-reserved',
  value: 'opa-envoy-result-header-value',
})

const namePattern = /^[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/
// RFC 9110 §5.5: no control characters but tab; others are the author's to choose
const valuePattern = /^[\t\x20-\x7e\x80-\uffff]{0,16384}$/
const maximumValues = 256

/**
 * Reads headers of a result: an object, or a list of objects, name → a string or a list of strings. Names lower-cased; the
 * values of one name stay in their order. Which headers is the author's to choose, but for framing, routing and our own.
 */
export function readReplyHeaders(value: JsonValue): Result<ReplyHeaders> {
  const objects = isArray(value) ? value : [value]
  if (!objects.every(isObject)) return bad('shape', 'headers of the result must be an object or a list of objects')
  const headers = new Map<string, string[]>()
  let count = 0
  for (const [written, given] of objects.flatMap((object: JsonObject) => Object.entries(object))) {
    const name = written.toLowerCase()
    const refusal = refuseName(name)
    if (refusal) return refusal
    const values: readonly JsonValue[] = isArray(given) ? given : [given]
    if (!values.every(isFieldValue))
      return bad(
        'value',
        'a header value of the result must be a string, or a list of strings, without control characters',
      )
    count += values.length
    headers.set(name, [...(headers.get(name) ?? []), ...values])
  }
  return count > maximumValues
    ? bad('shape', `headers of the result must have at most ${maximumValues} values`)
    : ok(Object.fromEntries(headers))
}

/** Reads the names of headers to remove. */
export function readReplyNames(value: JsonValue | undefined): Result<readonly string[]> {
  if (value === undefined) return ok([])
  if (!isArray(value) || value.length > maximumValues || !value.every((name) => typeof name === 'string'))
    return bad('shape', 'headers to remove must be a list of names')
  const names = value.map((name) => name.toLowerCase())
  return names.map(refuseName).find((refusal) => refusal !== undefined) ?? ok(names)
}

/** Pseudo-headers are no names of headers; Envoy would take them for the request's method, path or host. */
function refuseName(name: string): Refusal | undefined {
  if (!namePattern.test(name)) return bad('name', 'a header name of the result is not a token')
  return reservedHeaders.has(name) || name.startsWith('x-sallyport-')
    ? bad('reserved', 'a result must not touch headers of framing or routing, nor x-sallyport- ones')
    : undefined
}

const isFieldValue = (value: JsonValue): value is string =>
  typeof value === 'string' && valuePattern.test(value) && value.isWellFormed()

const bad = (clause: keyof typeof replyHeaderClauses, detail: string): Refusal =>
  refuse('POLICY_ERROR', replyHeaderClauses[clause], detail)
