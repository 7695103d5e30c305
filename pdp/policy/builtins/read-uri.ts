import { readUriHost } from './uri-host.ts'
import { shouldEscape, unescapeUri } from './uri-escape.ts'

/** The parts of a URL that Go's `net/url` tells apart, each character one byte; '' where a part is absent. */
export interface Uri {
  readonly scheme: string
  /** With the port, IPv6 in brackets. */
  readonly host: string
  readonly path: string
  /** The path as written, where its default encoding would be another text; else ''. */
  readonly rawPath: string
  readonly rawQuery: string
  readonly fragment: string
}

/** Reads a URL as Go's `url.Parse`: each character one byte of UTF-8, in and out. Undefined where Go refuses it. */
export function readUri(text: string): Uri | undefined {
  const [whole, rawFragment] = cut(text, '#')
  const fragment = unescapeUri(rawFragment, 'fragment')
  if (fragment === undefined || /[\0-\x1f\x7f]/.test(whole)) return undefined
  const nothing: Uri = { scheme: '', host: '', path: '', rawPath: '', rawQuery: '', fragment }
  if (whole === '*') return { ...nothing, path: '*' }
  if (whole.startsWith(':')) return undefined // no scheme
  const written = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(whole)?.[1] ?? ''
  const scheme = written.toLowerCase()
  const [rest, rawQuery] = cut(written === '' ? whole : whole.slice(written.length + 1), '?')
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...nothing, scheme, rawQuery } // opaque, as `mailto:a@b`
    if (cut(rest, '/')[0].includes(':')) return undefined // it would be taken for a scheme
  }
  if (!rest.startsWith('//') || (scheme === '' && rest.startsWith('///'))) {
    const path = readPath(rest)
    return path && { ...nothing, scheme, rawQuery, ...path }
  }
  const end = rest.indexOf('/', 2)
  const host = readAuthority(rest.slice(2, end < 0 ? undefined : end))
  const path = readPath(end < 0 ? '' : rest.slice(end))
  return host === undefined || !path ? undefined : { ...nothing, scheme, rawQuery, host, ...path }
}

function cut(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

/** The host, once user and password are found to be well-formed. */
function readAuthority(authority: string): string | undefined {
  const at = authority.lastIndexOf('@')
  const host = readUriHost(authority.slice(at + 1))
  if (at < 0 || host === undefined) return host
  const user = authority.slice(0, at)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) return undefined
  return unescapeUri(user, 'user') === undefined ? undefined : host
}

function readPath(written: string): Pick<Uri, 'path' | 'rawPath'> | undefined {
  const path = unescapeUri(written, 'path')
  return path === undefined ? undefined : { path, rawPath: escapePath(path) === written ? '' : written }
}

const escapePath = (path: string): string =>
  path.replaceAll(/[^]/g, (character) =>
    shouldEscape(character, 'path')
      ? `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
      : character,
  )
