import type { Ask, Evidence } from '../../core/ask.ts'
import { clauses } from '../../core/clause.ts'
import { contentDigest } from '../../core/digest.ts'
import { readIpAddress } from '../../core/ip-address.ts'
import { readRequestFacts } from '../../core/request-facts.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Pep, Service } from '../../core/service.ts'
import { type HeaderField, readHeaders } from '../read-headers.ts'
import type { CheckRequest, HttpRequest } from './check-request.ts'
import { contextOf } from './route-settings.ts'

export const extAuthzClauses = clauses({
  http: 'ext-authz-http-request',
  path: 'ext-authz-path',
  certificate: 'ext-authz-source-certificate',
  headers: 'ext-authz-headers-once',
})

/**
 * Makes the ask of a check. The question is the request itself. `source.principal`, `source.service` and metadata are
 * never evidence: the leaf certificate is, where this enforcement point may vouch for it.
 */
export function toAsk(check: CheckRequest, service: Service, pep: Pep): Result<Ask> {
  const { http } = check
  if (!http) {
    return refuse('REQUEST_MALFORMED', extAuthzClauses.http, 'a check must have attributes.request.http')
  }
  const given = readHeaderFields(http)
  if (!given.ok) return given
  const headers = readHeaders(given.value, service.coveredHeaders)
  if (!headers.ok) return headers
  const url = urlOf(http)
  if (!url.ok) return url
  const request = readRequestFacts(http.method, url.value, headers.value.visible)
  if (!request.ok) return request
  const certificate = readCertificate(check.certificate)
  if (!certificate.ok) return certificate
  // of a pipe, or of a name, there is none
  const sourceAddress = check.sourceAddress === '' ? undefined : readIpAddress(check.sourceAddress)
  const body = http.body && wholeBody(http, given.value)
  const evidence: Evidence = {
    headers: headers.value.evidence,
    credentials: [],
    ...(headers.value.covered.size > 0 && { covered: headers.value.covered }),
    ...(certificate.value !== '' && { certificate: certificate.value }),
    ...(sourceAddress && { sourceAddress }),
  }
  return ok({
    door: 'ext_authz',
    service,
    pep,
    evidence,
    questions: [{}],
    context: contextOf(check.contextExtensions),
    request: body ? { ...request.value, bodyDigest: contentDigest(body) } : request.value,
    ...(service.dryRun && { dryRun: true }),
    ...(headers.value.trace && { trace: headers.value.trace }),
  })
}

/**
 * With `encode_raw_headers` every value stands by itself and may be bytes; else repeated headers were joined with commas.
 * Pseudo-headers say again what the request says. Both forms at once are refused: they could differ.
 */
function readHeaderFields({ headers, headerMap }: HttpRequest): Result<readonly HeaderField[]> {
  if (!headerMap) return ok([...headers].filter(isField))
  if (headers.size > 0) {
    return refuse(
      'REQUEST_MALFORMED',
      extAuthzClauses.headers,
      'headers must stand in headers or header_map, not in both',
    )
  }
  return ok(
    headerMap
      .map(
        ({ key, value, rawValue }): HeaderField => [
          key,
          rawValue.length > 0 ? Buffer.from(rawValue).toString('latin1') : value,
        ],
      )
      .filter(isField),
  )
}

const isField = ([name]: HeaderField): boolean => !name.startsWith(':')

/**
 * The body, where the proxy sent one (`with_request_body`) and all of it: with `allow_partial_message` it says of each
 * whether it is cut, beside whatever the client says. What is signed over a body is refused where it is not known whole.
 */
function wholeBody({ body }: HttpRequest, fields: readonly HeaderField[]): Uint8Array | undefined {
  const isPartial = valuesOf(fields, 'x-envoy-auth-partial-body').some((value) => value !== 'false')
  const isShorter = valuesOf(fields, 'content-length').some((length) => length !== String(body?.length))
  return isPartial || isShorter ? undefined : body
}

const valuesOf = (fields: readonly HeaderField[], name: string): readonly string[] =>
  fields.flatMap(([field, values]) => (field === name ? values : []))

/** The path as received, with its query. One that is absent (CONNECT) or is `*` names nothing that could be allowed. */
function urlOf({ scheme, host, path }: HttpRequest): Result<string> {
  return path.startsWith('/')
    ? ok(`${scheme === '' ? 'https' : scheme}://${host}${path}`)
    : refuse('REQUEST_MALFORMED', extAuthzClauses.path, 'the request must have a path that begins with /')
}

/** Envoy percent-encodes the PEM text. */
function readCertificate(encoded: string): Result<string> {
  try {
    return ok(decodeURIComponent(encoded))
  } catch {
    return refuse('REQUEST_MALFORMED', extAuthzClauses.certificate, 'source.certificate must be percent-encoded PEM')
  }
}
