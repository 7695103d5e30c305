import type { JsonObject } from '../../core/json.ts'
import type { PolicyReply } from '../../core/policy-reply.ts'

/** Writes what was read of a result as the result that is read as this very answer. */
export const writeOpaEnvoyResult = (allowed: boolean, reply: PolicyReply): JsonObject => ({
  allowed,
  headers: reply.headers,
  ...(reply.metadata && { dynamic_metadata: reply.metadata }),
  ...(allowed ? allowMembers(reply) : denyMembers(reply)),
})

const allowMembers = (reply: PolicyReply): JsonObject => ({
  response_headers_to_add: reply.responseHeaders,
  request_headers_to_remove: reply.headersToRemove,
  query_parameters_to_set: valuesByKey(reply.queryToSet),
  query_parameters_to_remove: reply.queryToRemove,
})

const denyMembers = ({ body, status }: PolicyReply): JsonObject => ({
  ...(body !== undefined && { body }),
  ...(status !== undefined && { http_status: status }),
})

function valuesByKey(pairs: PolicyReply['queryToSet']): JsonObject {
  const values = new Map<string, string[]>()
  for (const [key, value] of pairs) values.set(key, [...(values.get(key) ?? []), value])
  return Object.fromEntries(values)
}
