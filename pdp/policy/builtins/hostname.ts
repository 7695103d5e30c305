import type { Certificate } from './certificate.ts'
import { asIpv4, readIp } from './ip-address.ts'

/** Whether a certificate is for a host, an IP address perhaps in brackets, as Go's `VerifyHostname`. */
export function isForHost({ facts: { names } }: Certificate, host: string): boolean {
  const bracketed = host.length >= 3 && host.startsWith('[') && host.endsWith(']')
  const address = readIp(bracketed ? host.slice(1, -1) : host)
  if (address) {
    const wanted = asIpv4(address) ?? address
    return names.ips.some((ip) => (asIpv4([...ip]) ?? [...ip]).join() === wanted.join())
  }
  const name = lower(host)
  const isValid = isHostname(name.replace(/\.$/, ''), false)
  const labels = name.replace(/\.$/, '').split('.')
  return names.dns.some((pattern) =>
    isValid && isHostname(pattern, true) ? isMatch(lower(pattern), labels) : isEqual(pattern, name),
  )
}

// RFC 6125 §6.4.1: ASCII alone is folded
const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())

function isEqual(pattern: string, name: string): boolean {
  return pattern !== '' && pattern !== '.' && name !== '.' && lower(pattern) === name
}

function isMatch(pattern: string, labels: readonly string[]): boolean {
  const parts = pattern.split('.')
  return parts.length === labels.length && parts.every((part, i) => (i === 0 && part === '*') || part === labels[i])
}

/** With `_`, which hostnames may not have and do; in a pattern `*` as the whole first label, but not alone. */
const isHostname = (text: string, isPattern: boolean): boolean =>
  text !== '*' &&
  text
    .split('.')
    .every((label, i) => (isPattern && i === 0 && label === '*') || /^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(label))
