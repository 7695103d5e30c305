import { clauses } from '../core/clause.ts'
import { isObject, type JsonValue } from '../core/json.ts'
import { reservedHeaders } from '../core/reserved-headers.ts'
import { ok, type Result, refuse } from '../core/result.ts'

export const resultHeaderClauses = clauses({
  shape: 'policy-result-headers',
  name: 'policy-result-header-name',
  allowed: 'policy-result-header-allowed',
  value: 'rfc9110-5.5-field-value',
})

const tokenPattern = /^[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/
const valuePattern = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]{0,4094}[\x21-\x7e])?)?$/
const maximumHeaders = 32

/**
 * Reads `request_headers` or `response_headers` of a result: name → value, names lower-cased and in the list (which is
 * lower-case), values of visible ASCII without surrounding space. Refuses with POLICY_ERROR.
 */
export function readResultHeaders(
  value: JsonValue,
  allowed: ReadonlySet<string>,
): Result<Readonly<Record<string, string>>> {
  const bad = (clause: keyof typeof resultHeaderClauses, detail: string) =>
    refuse('POLICY_ERROR', resultHeaderClauses[clause], detail)
  const entries = isObject(value) ? Object.entries(value) : undefined
  if (!entries || entries.length > maximumHeaders)
    return bad('shape', `headers of the result must be an object of at most ${maximumHeaders} members`)
  const headers: Record<string, string> = {}
  for (const [written, text] of entries) {
    const name = written.toLowerCase()
    if (!tokenPattern.test(name) || name === '__proto__')
      return bad('name', 'a header name of the result is not a token')
    if (reservedHeaders.has(name) || name.startsWith('x-sallyport-') || !allowed.has(name))
      return bad('allowed', 'the result sets a header that is not in the list; add it to the list or drop it')
    if (Object.hasOwn(headers, name)) return bad('name', 'the result sets a header in two spellings')
    if (typeof text !== 'string' || !valuePattern.test(text))
      return bad('value', 'a header value of the result is not a string of visible ASCII')
    headers[name] = text
  }
  return ok(headers)
}
