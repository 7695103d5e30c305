import type { QueryParameter } from '../../core/signed-request.ts'
import { uriDecode, uriEncode } from './uri-encode.ts'

/**
 * What a signature is over.
 *
 * - `path`: as received. `query`: what is signed of it, in any order.
 * - `headers`: those that are signed, in the order of their names, each with all its values.
 * - `paths`: `encoded-twice`, after dot segments and double slashes are gone, as most services have it; or `as-sent`, as
 *   Amazon S3 and what is compatible with it do.
 */
export interface CanonicalParts {
  readonly method: string
  readonly path: string
  readonly query: readonly QueryParameter[]
  readonly headers: readonly (readonly [name: string, values: readonly string[]])[]
  readonly payloadHash: string
  readonly paths: PathForm
}

export type PathForm = 'encoded-twice' | 'as-sent'

/** The canonical request of AWS Signature Version 4 ("Create a signed AWS API request", step 1). */
export function canonicalRequest({ method, path, query, headers, payloadHash, paths }: CanonicalParts): string {
  const pairs = query.map(({ name, value }): readonly [string, string] => [uriEncode(name), uriEncode(value)])
  const sorted = pairs.toSorted((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
  const lines = headers.map(([name, values]) => `${name}:${values.map(collapse).join(',')}\n`)
  return [
    method,
    paths === 'as-sent' ? encodeOnce(path) : encodeTwice(path),
    sorted.map(([name, value]) => `${name}=${value}`).join('&'),
    lines.join(''),
    headers.map(([name]) => name).join(';'),
    payloadHash,
  ].join('\n')
}

// by code unit, and what is compared is ASCII
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Without white space around it, and each run of white space one space; also between quotes. */
const collapse = (value: string): string => value.replaceAll(/[ \t\r\n]+/g, ' ').replaceAll(/^ | $/g, '')

const encodeSegments = (path: string): string => path.split('/').map(uriEncode).join('/')

/** A path that came escaped is escaped once more. */
const encodeTwice = (path: string): string => encodeSegments(withoutDots(path))

/** A path that came escaped stays so. One with a broken escape is no path of a signed request: it stands for itself. */
const encodeOnce = (path: string): string =>
  path
    .split('/')
    .map((segment) => uriEncode(uriDecode(segment) ?? segment))
    .join('/')

/** RFC 3986 §5.2.4, and no empty segments but a last one. */
function withoutDots(path: string): string {
  const kept: string[] = []
  const segments = path.split('/')
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const last = segments.at(-1) ?? ''
  const end = kept.length > 0 && ['', '.', '..'].includes(last) ? '/' : ''
  return `/${kept.join('/')}${end}`
}
