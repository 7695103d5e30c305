import type { Ask } from '../../../core/ask.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { RequestFacts } from '../../../core/request-facts.ts'
import { ok, type Result } from '../../../core/result.ts'
import type { OpaEnvoyDialect } from '../../../core/service.ts'
import { checkDocument, readWholeCheck, type WholeCheck } from './check-document.ts'
import { parseBody } from './parse-body.ts'
import { parseTarget } from './parse-target.ts'

/**
 * The ask of a check with the document that OPA-Envoy makes of it. That policy judges paths as it always did, so that none
 * is refused for being ambiguous. Where credentials are exposed to it, no answer is reused.
 */
export function withDocument(ask: Ask, message: Uint8Array, dialect: OpaEnvoyDialect): Result<Ask> {
  const check = readWholeCheck(message)
  if (!check.ok) return check
  const document = documentOf(check.value, dialect)
  if (!document.ok) return document
  return ok({
    ...ask,
    ...(ask.request && { request: unambiguous(ask.request) }),
    document: document.value,
    ...(dialect.exposeCredentials && { reuse: { read: false, store: false } }),
  })
}

const unambiguous = ({ ambiguity: _, ...request }: RequestFacts): RequestFacts => request

/** The input of the plugin: the message as JSON, and what it makes of path and body. */
export function documentOf(check: WholeCheck, dialect: OpaEnvoyDialect): Result<JsonObject> {
  const http = check.attributes?.request?.http
  const target = parseTarget(http?.path ?? '')
  if (!target.ok) return target
  const body = dialect.parseBody && http ? parseBody(http, target.value.path, dialect.methods) : undefined
  if (body?.ok === false) return body
  const principal = check.attributes?.source?.principal ?? ''
  return ok({
    ...checkDocument(check, dialect.exposeCredentials),
    version: { ext_authz: 'v3', encoding: 'protojson' },
    parsed_path: target.value.path,
    parsed_query: target.value.query,
    ...(body && { parsed_body: body.value.parsed, truncated_body: body.value.truncated }),
    ...(principal !== '' && { source_principal: principal }),
  })
}
