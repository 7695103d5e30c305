import { type Clause, clauses } from './clause.ts'
import { ok, type Result, refuse } from './result.ts'

/**
 * The request that the PEP received, taken apart without a URL parser: one would resolve dot segments, decode and fold
 * case, and then policy would judge another path than the service serves.
 *
 * - `rawPath`: as received, without the query. `path`: percent-encoded unreserved characters decoded (RFC 3986 §6.2.2.2).
 * - `ambiguity`: set where two servers may read the path differently; such an ask is denied with PATH_AMBIGUOUS.
 * - `query`: without the signature and the session token of a signed query, which `rawQuery` alone has.
 * - `headers`: an allow-list; evidence never among them.
 * - `bodyDigest`: what the PEP computed over the body it received, in the form of `Content-Digest` (RFC 9530 §2).
 */
export interface RequestFacts {
  readonly method: string
  readonly scheme: string
  readonly host: string
  readonly rawPath: string
  readonly path: string
  readonly segments: readonly string[]
  readonly query: Readonly<Record<string, readonly string[]>>
  /** As received, without the question mark; absent without one. */
  readonly rawQuery?: string
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly bodyDigest?: string
  readonly ambiguity?: Clause
}

export const requestClauses = clauses({
  method: 'rfc9110-9.1-method',
  url: 'rfc9110-4.2-url',
  length: 'request-url-length',
  fragment: 'rfc9110-4.2.5-fragment',
  userinfo: 'rfc9110-4.2.4-userinfo',
  dotSegment: 'path-dot-segment',
  emptySegment: 'path-empty-segment',
  encodedSlash: 'path-encoded-slash',
  encodedDot: 'path-encoded-dot-segment',
  backslash: 'path-backslash',
  parameter: 'path-parameter',
  encoding: 'path-encoding',
})

const maximumLength = 8192
const methodPattern = /^[A-Z][A-Z0-9_-]{0,31}$/
const urlPattern = /^(https?):\/\/([^/?#@]+)(\/[^?#]*)?(?:\?([^#]*))?$/i
const hostPattern = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/

/** Most paths: segments without escapes, of which none is empty or of dots, and so no ambiguity. */
const plainPath = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+\/?$/

/** Reads method and absolute URL. A malformed one is REQUEST_MALFORMED; an ambiguous path is noted, not refused here. */
export function readRequestFacts(
  method: string,
  url: string,
  headers: RequestFacts['headers'] = {},
): Result<RequestFacts> {
  const bad = (clause: Clause, detail: string) => refuse('REQUEST_MALFORMED', clause, detail)
  if (!methodPattern.test(method)) return bad(requestClauses.method, 'method must be an upper-case token')
  if (url.length > maximumLength) return bad(requestClauses.length, `url longer than ${maximumLength} characters`)
  if (/[^\x21-\x7e]/.test(url)) return bad(requestClauses.url, 'url must be visible ASCII, percent-encoded elsewhere')
  if (url.includes('#')) return bad(requestClauses.fragment, 'url must not have a fragment')
  if (/^https?:\/\/[^/?]*@/i.test(url)) return bad(requestClauses.userinfo, 'url must not have user information')
  const parts = urlPattern.exec(url)
  const host = parts?.[2]?.toLowerCase()
  if (!parts?.[1] || !host || !hostPattern.test(host))
    return bad(requestClauses.url, 'url must be absolute http or https')
  const rawPath = parts[3] ?? '/'
  const query = readQuery(parts[4])
  if (!query) return bad(requestClauses.encoding, 'query has an invalid percent-encoding')
  const isPlain = plainPath.test(rawPath)
  const path = isPlain ? rawPath : decodeUnreserved(rawPath)
  const ambiguity = isPlain ? undefined : ambiguityOf(rawPath, path)
  const segments = path.split('/').slice(1)
  const scheme = parts[1].toLowerCase()
  const rawQuery = parts[4] !== undefined && { rawQuery: parts[4] }
  const facts = { method, scheme, host, rawPath, path, segments, query, headers, ...rawQuery }
  return ok(ambiguity ? { ...facts, ambiguity } : facts)
}

/** Each way in which proxies and servers are known to read one path differently. */
const ambiguities: readonly (readonly [RegExp, Clause])[] = [
  [/%(?![0-9a-f]{2})/i, requestClauses.encoding],
  [/%(?:[01][0-9a-f]|25|7f)/i, requestClauses.encoding], // control characters, double encoding
  [/%(?:2f|5c)/i, requestClauses.encodedSlash],
  [/\\/, requestClauses.backslash],
  [/;|%3b/i, requestClauses.parameter],
  [/\/\//, requestClauses.emptySegment],
  [/\/\.{1,2}(?:\/|$)/, requestClauses.dotSegment],
]

function ambiguityOf(rawPath: string, path: string): Clause | undefined {
  for (const [pattern, clause] of ambiguities) if (pattern.test(rawPath)) return clause
  if (decodeComponent(rawPath) === undefined) return requestClauses.encoding // not UTF-8
  return /\/\.{1,2}(?:\/|$)/.test(path) ? requestClauses.encodedDot : undefined
}

/** RFC 3986 §6.2.2.2: only escapes of unreserved characters mean the same as the character. */
const decodeUnreserved = (path: string): string =>
  path.replace(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase()
  })

/** Parameters that are evidence (AWS Signature Version 4, query form). */
const evidenceParameter = /^x-amz-(?:signature|security-token)$/i

function readQuery(query: string | undefined): Record<string, readonly string[]> | undefined {
  const out: Record<string, string[]> = Object.create(null) // a parameter may be called `__proto__`
  if (!query) return out
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodeComponent(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decodeComponent(pair.slice(equals + 1))
    if (name === undefined || value === undefined) return undefined
    if (evidenceParameter.test(name)) continue
    const values = out[name]
    if (values) values.push(value)
    else out[name] = [value]
  }
  return out
}

function decodeComponent(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
