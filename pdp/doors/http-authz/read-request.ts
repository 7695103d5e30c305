import type { IncomingMessage } from 'node:http'
import { type Clause, clauses } from '../../core/clause.ts'
import { readIpAddress } from '../../core/ip-address.ts'
import { type RequestFacts, readRequestFacts } from '../../core/request-facts.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { readHeaders, type SplitHeaders } from '../read-headers.ts'
import { type ConventionName, conventionOf } from './conventions.ts'

export const httpAuthzClauses = clauses({
  alias: 'http-authz-header-alias',
  once: 'http-authz-header-once',
  present: 'http-authz-header-present',
  prefix: 'http-authz-path-prefix',
  source: 'http-authz-source-address',
})

/** The header by which a proxy authenticates that has no certificate and no socket of its own. */
const pepKeyHeader = 'x-sallyport-pep-key'

/** What a proxy asks about. */
export interface AskedRequest extends Pick<SplitHeaders, 'trace'> {
  readonly request: RequestFacts
  readonly evidence: SplitHeaders['evidence']
  readonly covered: SplitHeaders['covered']
  /** Of the proxy's caller, as the proxy says. */
  readonly sourceAddress?: Uint8Array
}

/**
 * `pathPrefix`: of `http_service.path_prefix`, which stands before the path of the request; empty for none.
 * `sourceAddressHeader`: in lower case, the header in which the proxy says its caller's address.
 */
export interface ReadRequestOptions {
  readonly convention: ConventionName
  readonly pathPrefix: string
  readonly sourceAddressHeader?: string
}

/** The key by which a proxy authenticates. */
export const readPepKey = (message: IncomingMessage): Result<string | undefined> => one(fieldsOf(message), pepKeyHeader)

/**
 * Reads the request that a proxy asks about; `listed` are the headers that the service lets proofs cover. Names with `_` or `.` in place of `-` are refused: what one server drops
 * another takes for the header itself (GHSA-f59h-q822-g45g, CVE-2026-39858).
 */
export function readAskedRequest(
  message: IncomingMessage,
  options: ReadRequestOptions,
  listed: readonly string[] = [],
): Result<AskedRequest> {
  const fields = fieldsOf(message)
  const alias = aliasIn(fields)
  if (alias) return alias
  const parts = partsOf(message, fields, options)
  if (!parts.ok) return parts
  const headers = readHeaders([...fields], listed)
  if (!headers.ok) return headers
  const { method, url } = parts.value
  const request = readRequestFacts(method, url, headers.value.visible)
  if (!request.ok) return request
  const source = sourceAddressOf(fields, options.sourceAddressHeader)
  if (!source.ok) return source
  const { evidence, covered, trace } = headers.value
  return ok({
    request: request.value,
    evidence,
    covered,
    ...(source.value && { sourceAddress: source.value }),
    ...(trace && { trace }),
  })
}

/** A list of addresses is refused: which of them are true depends on who else added to it. */
function sourceAddressOf(fields: Fields, header: string | undefined): Result<Uint8Array | undefined> {
  if (header === undefined) return ok(undefined)
  const text = one(fields, header)
  if (!text.ok) return text
  if (text.value === undefined) return ok(undefined)
  const address = readIpAddress(text.value)
  return address
    ? ok(address)
    : bad(httpAuthzClauses.source, `\`${header}\` must be one IP address that the proxy sets`)
}

type Fields = ReadonlyMap<string, readonly string[]>

function fieldsOf({ rawHeaders }: IncomingMessage): Fields {
  const fields = new Map<string, string[]>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase()
    const values = fields.get(name)
    if (values) values.push(rawHeaders[i + 1] ?? '')
    else fields.set(name, [rawHeaders[i + 1] ?? ''])
  }
  return fields
}

const bad = (clause: Clause, detail: string): Refusal => refuse('REQUEST_MALFORMED', clause, detail)

function aliasIn(fields: Fields): Refusal | undefined {
  const alias = [...fields.keys()].some((name) => /[_.]/.test(name))
  return alias
    ? bad(httpAuthzClauses.alias, 'header names with _ or . are refused: another server may read - there')
    : undefined
}

function one(fields: Fields, name: string): Result<string | undefined> {
  const values = fields.get(name) ?? []
  return values.length > 1 ? bad(httpAuthzClauses.once, `two headers \`${name}\``) : ok(values[0])
}

function partsOf(
  message: IncomingMessage,
  fields: Fields,
  { convention, pathPrefix }: ReadRequestOptions,
): Result<{ readonly method: string; readonly url: string }> {
  const names = conventionOf(convention)
  const read = (name: string | undefined, absent: string | undefined): Result<string> => {
    if (name === undefined) return absent === undefined ? bad(httpAuthzClauses.present, 'a host is needed') : ok(absent)
    const value = one(fields, name)
    if (!value.ok) return value
    return value.value === undefined
      ? bad(httpAuthzClauses.present, `the proxy must send \`${name}\``)
      : ok(value.value)
  }
  const method = read(names.method, message.method)
  const uri = read(names.uri, withoutPrefix(message.url ?? '', pathPrefix))
  const host = read(names.host, message.headers.host)
  const scheme = read(names.scheme, 'https')
  if (!method.ok) return method
  if (!uri.ok) return uri
  if (!host.ok) return host
  if (!scheme.ok) return scheme
  if (!uri.value.startsWith('/'))
    return bad(httpAuthzClauses.prefix, 'the path must begin with / and the configured prefix')
  return ok({ method: method.value, url: `${scheme.value}://${host.value}${uri.value}` })
}

/** Empty where the prefix is not there: such a path is refused. */
const withoutPrefix = (path: string, prefix: string): string =>
  path.startsWith(prefix) ? path.slice(prefix.length) : ''
