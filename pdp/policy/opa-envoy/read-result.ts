import { type Clause, clauses } from '../../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member } from '../../core/json.ts'
import type { PolicyReply, ReplyHeaders } from '../../core/policy-reply.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { Answer } from '../answer.ts'
import { readReplyHeaders, readReplyNames } from './reply-headers.ts'
import { isResponseStatus } from './response-status.ts'

export const opaEnvoyResultClauses = clauses({
  shape: 'opa-envoy-result-shape',
  allowed: 'opa-envoy-result-allowed',
  status: 'opa-envoy-result-http-status',
  body: 'opa-envoy-result-body',
  metadata: 'opa-envoy-result-dynamic-metadata',
  query: 'opa-envoy-result-query-parameters',
})

const nothing: PolicyReply = {
  headers: {},
  responseHeaders: {},
  headersToRemove: [],
  queryToSet: [],
  queryToRemove: [],
}

/**
 * Reads a result as OPA-Envoy does: a boolean, or an object with the boolean `allowed` and what it says of the reply.
 * Members that do not matter to an allow, or to a deny, are not looked at, and neither are those without a meaning. What
 * the plugin answers with a failed call (a value of another type, an unknown status) is POLICY_ERROR.
 */
export function readOpaEnvoyResult(value: JsonValue): Result<Answer> {
  if (typeof value === 'boolean') return answer(value, nothing)
  if (!isObject(value)) {
    return bad(opaEnvoyResultClauses.shape, 'a result must be a boolean or an object with `allowed`')
  }
  const allowed = member(value, 'allowed')
  if (typeof allowed !== 'boolean') return bad(opaEnvoyResultClauses.allowed, '`allowed` must be true or false')
  const [headers, metadata] = [readHeadersOf(value, 'headers'), readMetadata(value)]
  if (!headers.ok) return headers
  if (!metadata.ok) return metadata
  const both = { ...nothing, headers: headers.value, ...(metadata.value && { metadata: metadata.value }) }
  return allowed ? readAllow(value, both) : readDeny(value, both)
}

const answer = (allow: boolean, reply: PolicyReply): Result<Answer> =>
  ok({ allow, reasons: [], obligations: [], requestHeaders: {}, responseHeaders: {}, reply })

function readAllow(result: JsonObject, both: PolicyReply): Result<Answer> {
  const responseHeaders = readHeadersOf(result, 'response_headers_to_add')
  if (!responseHeaders.ok) return responseHeaders
  const headersToRemove = readReplyNames(member(result, 'request_headers_to_remove'))
  if (!headersToRemove.ok) return headersToRemove
  const queryToSet = readQueryToSet(member(result, 'query_parameters_to_set'))
  const queryToRemove = readTexts(member(result, 'query_parameters_to_remove') ?? [])
  if (!queryToSet || !queryToRemove) {
    return bad(
      opaEnvoyResultClauses.query,
      'query parameters to set must be an object of strings or lists of them, those to remove a list, and all of them percent-encoded',
    )
  }
  return answer(true, {
    ...both,
    responseHeaders: responseHeaders.value,
    headersToRemove: headersToRemove.value,
    queryToSet,
    queryToRemove,
  })
}

const maximumBody = 1_048_576

function readDeny(result: JsonObject, both: PolicyReply): Result<Answer> {
  const body = member(result, 'body')
  if (body !== undefined && (typeof body !== 'string' || body.length > maximumBody || !body.isWellFormed()))
    return bad(opaEnvoyResultClauses.body, `\`body\` must be a string of at most ${maximumBody} characters`)
  const status = member(result, 'http_status')
  if (status !== undefined && !isResponseStatus(status))
    return bad(opaEnvoyResultClauses.status, '`http_status` must be a final status that Envoy knows')
  return answer(false, { ...both, ...(body !== undefined && { body }), ...(status !== undefined && { status }) })
}

function readHeadersOf(result: JsonObject, name: string): Result<ReplyHeaders> {
  const value = member(result, name)
  return value === undefined ? ok({}) : readReplyHeaders(value)
}

function readMetadata(result: JsonObject): Result<JsonObject | undefined> {
  const metadata = member(result, 'dynamic_metadata')
  return metadata === undefined || isObject(metadata)
    ? ok(metadata)
    : bad(opaEnvoyResultClauses.metadata, '`dynamic_metadata` must be an object')
}

const maximumParameters = 256
// Envoy puts both into the query as they are: a character that ends one would begin another
const keyPattern = /^[\x21\x22\x24\x25\x27-\x3c\x3e-\x7e]+$/ // neither # nor & nor =
const valuePattern = /^[\x21\x22\x24\x25\x27-\x7e]*$/ // neither # nor &

function readQueryToSet(value: JsonValue | undefined): PolicyReply['queryToSet'] | undefined {
  if (value === undefined) return []
  if (!isObject(value)) return undefined
  const pairs: (readonly [string, string])[] = []
  for (const [key, given] of Object.entries(value)) {
    const values = typeof given === 'string' ? [given] : readTexts(given)
    if (!values?.every((text) => valuePattern.test(text)) || !keyPattern.test(key)) return undefined
    for (const text of values) pairs.push([key, text])
  }
  return pairs.length > maximumParameters ? undefined : pairs
}

const isText = (value: JsonValue): value is string => typeof value === 'string' && value.isWellFormed()

const readTexts = (value: JsonValue): readonly string[] | undefined =>
  isArray(value) && value.length <= maximumParameters && value.every(isText) ? value : undefined

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)
