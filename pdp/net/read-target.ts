import { isIP } from 'node:net'
import { type AddressKind, classifyAddress } from './classify-address.ts'
import { type FetchResult, fetchFault } from './fetched.ts'

/**
 * Where a request goes.
 *
 * - `host`: without brackets. `port`: explicit or the default of the scheme.
 * - `mayReach`: the kinds of address the connection may be made to.
 */
export interface Target {
  readonly url: URL
  readonly host: string
  readonly port: number
  readonly mayReach: ReadonlySet<AddressKind>
}

const maximumLength = 4096
const publicOnly: ReadonlySet<AddressKind> = new Set(['public'])
const publicOrPrivate: ReadonlySet<AddressKind> = new Set(['public', 'private', 'loopback'])
const loopbackOnly: ReadonlySet<AddressKind> = new Set(['loopback'])

/**
 * Reads an absolute URL and says what it may reach: `https` a public address, or a private one where its origin is
 * among `privateOrigins`; `http` a loopback address, where its origin is.
 */
export function readTarget(
  text: string,
  privateOrigins: ReadonlySet<string>,
): { readonly ok: true; readonly value: Target } | (FetchResult & { readonly ok: false }) {
  if (text.length > maximumLength) return fetchFault('url', `url must not be longer than ${maximumLength} characters`)
  const url = URL.parse(text)
  if (!url) return fetchFault('url', 'url must be absolute')
  if (url.username !== '' || url.password !== '') return fetchFault('url', 'url must not have user information')
  if (text.includes('#')) return fetchFault('url', 'url must not have a fragment')
  const listed = privateOrigins.has(url.origin)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && listed)) {
    return fetchFault('url', 'url must be https; plain http is for listed loopback origins alone')
  }
  const secure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const mayReach = secure ? (listed ? publicOrPrivate : publicOnly) : loopbackOnly
  // A literal is never looked up, so it is judged here.
  if (isIP(host) !== 0 && !mayReach.has(classifyAddress(host))) {
    return fetchFault('address', 'url names an address that may not be reached; list its origin if it is meant')
  }
  return { ok: true, value: { url, host, port: Number(url.port) || (secure ? 443 : 80), mayReach } }
}
