import { shouldEscape, type UriPart, unescapeUri } from './uri-escape.ts'
import { readUriHost } from './uri-host.ts'

/** A URL with all that Go's net/url keeps of it, each character one byte; '' where a part is absent. */
export interface WholeUri {
  readonly scheme: string
  readonly opaque: string
  readonly user: { readonly name: string; readonly password: string | undefined } | undefined
  readonly host: string
  readonly path: string
  readonly fragment: string
  readonly rawQuery: string
  readonly rawPath: string
  readonly rawFragment: string
  readonly forceQuery: boolean
  readonly omitHost: boolean
}

/** Takes a URL reference apart as Go's `url.Parse`; throws where that fails. */
export function readWholeUri(text: string): WholeUri {
  const [main, written] = cut(text, '#')
  const fragment = decoded(written, 'fragment')
  return { ...readMain(main), fragment, rawFragment: rawOf(written, fragment, 'fragment') }
}

function readMain(text: string): Omit<WholeUri, 'fragment' | 'rawFragment'> {
  if (/[\0-\x1f\x7f]/.test(text)) throw new Error('control character in URL')
  const empty = { scheme: '', opaque: '', user: undefined, host: '', path: '', rawQuery: '', rawPath: '' }
  const plain = { ...empty, forceQuery: false, omitHost: false }
  if (text === '*') return { ...plain, path: '*' }
  if (text.startsWith(':')) throw new Error('missing protocol scheme')
  const named = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)
  const scheme = named?.[1]?.toLowerCase() ?? ''
  const behind = text.slice(named?.[0].length ?? 0)
  const forceQuery = behind.indexOf('?') === behind.length - 1 && behind !== ''
  const [rest, rawQuery] = cut(behind, '?')
  const url = { ...plain, scheme, rawQuery, forceQuery }
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...url, opaque: rest }
    if (cut(rest, '/')[0].includes(':')) throw new Error('first path segment contains a colon')
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))
  if (!hasAuthority) return { ...url, omitHost: scheme !== '' && rest.startsWith('/'), ...pathOf(rest) }
  const slash = rest.indexOf('/', 2)
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash)
  return { ...url, ...authorityOf(authority), ...pathOf(slash < 0 ? '' : rest.slice(slash)) }
}

function pathOf(written: string): Pick<WholeUri, 'path' | 'rawPath'> {
  const path = decoded(written, 'path')
  return { path, rawPath: rawOf(written, path, 'path') }
}

function authorityOf(authority: string): Pick<WholeUri, 'user' | 'host'> {
  const at = authority.lastIndexOf('@')
  const host = readUriHost(authority.slice(at + 1))
  if (host === undefined) throw new Error('malformed host')
  if (at < 0) return { user: undefined, host }
  const info = authority.slice(0, at)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(info)) throw new Error('malformed userinfo')
  const [name, secret] = cut(info, ':')
  const password = info.includes(':') ? decoded(secret, 'user') : undefined
  return { user: { name: decoded(name, 'user'), password }, host }
}

function decoded(text: string, part: UriPart): string {
  const bytes = unescapeUri(text, part)
  if (bytes === undefined) throw new Error('malformed escape')
  return bytes
}

const escaped = (text: string, part: UriPart): string =>
  text.replaceAll(/[^]/g, (character) =>
    shouldEscape(character, part)
      ? `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
      : character,
  )

/** As written, where its default encoding would be another text. */
const rawOf = (written: string, bytes: string, part: UriPart): string =>
  written === escaped(bytes, part) ? '' : written

/** The path as it is sent (`URL.EscapedPath`): as written, if that is a sound encoding. */
export function escapedPath({ path, rawPath }: WholeUri): string {
  if (rawPath !== '' && isSound(rawPath, 'path')) return rawPath
  return path === '*' ? '*' : escaped(path, 'path')
}

const isSound = (text: string, part: UriPart): boolean =>
  [...text].every((character) => "!$&'()*+,;=:@[]%".includes(character) || !shouldEscape(character, part))

/** The URL put together again (`URL.String`). */
export function wholeUriText(uri: WholeUri): string {
  const { scheme, opaque, rawQuery, forceQuery } = uri
  const start = scheme === '' ? '' : `${scheme}:`
  const query = forceQuery || rawQuery !== '' ? `?${rawQuery}` : ''
  return start + (opaque === '' ? hierarchy(uri, start) : opaque) + query + fragmentText(uri)
}

function hierarchy(uri: WholeUri, start: string): string {
  const authority = authorityText(uri)
  const path = escapedPath(uri)
  const between = path !== '' && !path.startsWith('/') && uri.host !== '' ? '/' : ''
  // a first segment with a colon would be taken for a scheme
  const dotted = start + authority + between === '' && cut(path, '/')[0].includes(':') ? './' : ''
  return authority + between + dotted + path
}

function authorityText({ scheme, user, host, path, omitHost }: WholeUri): string {
  const isThere = host !== '' || user !== undefined
  if (!isThere && (scheme === '' || omitHost)) return ''
  const secret = user?.password === undefined ? '' : `:${escaped(user.password, 'user')}`
  const info = user ? `${escaped(user.name, 'user')}${secret}@` : ''
  return (isThere || path !== '' ? '//' : '') + info + escaped(host, 'host')
}

function fragmentText({ fragment, rawFragment }: WholeUri): string {
  if (fragment === '') return ''
  return `#${rawFragment !== '' && isSound(rawFragment, 'fragment') ? rawFragment : escaped(fragment, 'fragment')}`
}

function cut(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}
