import { readIp } from './ip-address.ts'
import { unescapeUri } from './uri-escape.ts'

/** Reads host and port of a URL as Go's `net/url` does and undoes their escapes; undefined where it refuses them. */
export function readUriHost(host: string): string | undefined {
  const bracket = host.lastIndexOf('[')
  if (bracket > 0) return undefined
  if (bracket === 0) return readLiteral(host)
  // OPA is built with Go's older rule: a host may hold colons of its own, as lists of hosts with ports do
  const colon = host.lastIndexOf(':')
  return colon >= 0 && !isPort(host.slice(colon)) ? undefined : unescapeUri(host, 'host')
}

/** `[fe80::1%25en0]:80` */
function readLiteral(host: string): string | undefined {
  const end = host.lastIndexOf(']')
  const port = host.slice(end + 1)
  if (end < 0 || !isPort(port)) return undefined
  const address = host.slice(1, end)
  const zoneAt = address.indexOf('%25')
  const before = unescapeUri(zoneAt < 0 ? address : address.slice(0, zoneAt), 'host')
  const zone = zoneAt < 0 ? '' : unescapeUri(address.slice(zoneAt), 'zone')
  if (before === undefined || zone === undefined || !isIpv6(before + zone)) return undefined
  return `[${before}${zone}]${port}`
}

function isIpv6(text: string): boolean {
  const zone = text.indexOf('%')
  if (zone === text.length - 1) return false // a zone without a name
  return readIp(zone < 0 ? text : text.slice(0, zone))?.length === 16
}

const isPort = (text: string): boolean => /^(?::\d*)?$/.test(text)

/** Parts host and port as Go's `URL.Hostname` and `URL.Port` do. */
export function splitUriHost(host: string): { readonly hostname: string; readonly port: string } {
  const colon = host.lastIndexOf(':')
  const split = colon >= 0 && isPort(host.slice(colon))
  const hostname = split ? host.slice(0, colon) : host
  return {
    hostname: hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname,
    port: split ? host.slice(colon + 1) : '',
  }
}
