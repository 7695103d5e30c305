import type { GeneralName } from './general-names.ts'
import { isWithin } from './name.ts'

/**
 * Where a name lies as seen from a subtree: all of it `within`, all of it `outside`, `partly` where a wildcard stands for
 * names of both sorts, `unknown` where it cannot be told.
 */
export type Reach = 'within' | 'partly' | 'outside' | 'unknown'

/** Compares a name with the base of a subtree of the same kind (RFC 5280 §4.2.1.10). */
export function isInSubtree(name: GeneralName, base: GeneralName): Reach {
  if (name.kind === 'directory' && base.kind === 'directory') return reach(isWithin(name.name, base.name))
  if (name.kind === 'ip' && base.kind === 'ip') return reach(isInRange(name.bytes, base.bytes))
  if (name.kind === 'dns' && base.kind === 'dns') return dnsReach(name.value.toLowerCase(), base.value.toLowerCase())
  if (name.kind === 'email' && base.kind === 'email') return emailReach(name.value, base.value)
  if (name.kind === 'uri' && base.kind === 'uri') return uriReach(name.value, base.value.toLowerCase())
  return 'unknown'
}

const reach = (isIn: boolean): Reach => (isIn ? 'within' : 'outside')

/** A base is an address and its mask, of the same length each. */
function isInRange(address: Buffer, range: Buffer): boolean {
  const size = range.length / 2
  if (address.length !== size) return false
  return address.every((byte, i) => ((byte ^ range.readUInt8(i)) & range.readUInt8(size + i)) === 0)
}

const label = '[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?'
const domain = new RegExp(String.raw`^${label}(?:\.${label})*$`)

const isUnder = (host: string, base: string): boolean => host === base || host.endsWith(`.${base}`)

/** A base is a domain: itself and all below it; the empty one is every name. */
function dnsReach(name: string, base: string): Reach {
  const isWildcard = name.startsWith('*.')
  const parent = isWildcard ? name.slice(2) : name
  if (!domain.test(parent)) return 'unknown'
  if (base === '' || isUnder(parent, base)) return 'within'
  // `*.example.com` stands for `foo.example.com` too
  const isPartly = isWildcard && base.endsWith(`.${parent}`) && !base.slice(0, -parent.length - 1).includes('.')
  return isPartly ? 'partly' : 'outside'
}

/** A base is one mailbox, a host, or with a leading period all hosts below a domain. Only the host folds case. */
function emailReach(name: string, base: string): Reach {
  const at = name.lastIndexOf('@')
  const host = name.slice(at + 1).toLowerCase()
  if (at < 1 || !domain.test(host)) return 'unknown'
  const baseAt = base.lastIndexOf('@')
  const baseHost = base.slice(baseAt + 1).toLowerCase()
  if (baseAt >= 0) return reach(host === baseHost && name.slice(0, at) === base.slice(0, baseAt))
  return hostReach(host, baseHost)
}

// scheme, then an authority, of which user name and port are left out (RFC 3986 §3.2)
const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#@:]*)(?::[0-9]*)?(?:[/?#]|$)/
const dottedNumbers = /^[0-9.]+$/

/** A base is a host, or with a leading period all hosts below a domain. A URI without a host by name cannot be told. */
function uriReach(name: string, base: string): Reach {
  const host = authority.exec(name)?.[1]?.toLowerCase() ?? ''
  return domain.test(host) && !dottedNumbers.test(host) ? hostReach(host, base) : 'unknown'
}

const hostReach = (host: string, base: string): Reach =>
  base.startsWith('.') ? reach(host.endsWith(base) && host.length > base.length) : reach(host === base)
