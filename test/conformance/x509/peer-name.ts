import { isIP } from 'node:net'
import type { Certificate } from '../../../pdp/x509/certificate.ts'

/** A name that the peer is expected to have. */
export interface PeerName {
  readonly kind: 'DNS' | 'IP' | 'RFC822'
  readonly value: string
}

/**
 * Compares the alternative names of a leaf with the expected ones (RFC 9525 §6.3, RFC 6125 §6.4), any of which will do.
 * For the suite alone: the server knows callers by URIs, never a server by its host name. Answers what is wrong.
 */
export function checkPeerName(leaf: Certificate, expected: readonly PeerName[]): string | undefined {
  const names = leaf.extensions.subjectAltName?.names ?? []
  const isNamed = expected.some(({ kind, value }) =>
    names.some((name) => {
      if (kind === 'DNS') return name.kind === 'dns' && isHost(name.value.toLowerCase(), value.toLowerCase())
      if (kind === 'IP') return name.kind === 'ip' && addressText(name.bytes) === canonicalAddress(value)
      return name.kind === 'email' && name.value === value
    }),
  )
  return isNamed || expected.length === 0 ? undefined : 'runner-peer-name'
}

/** A wildcard is a whole leftmost label and stands for exactly one. */
function isHost(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host
  return host.includes('.') && host.slice(host.indexOf('.')) === pattern.slice(1)
}

/** An address as the URL parser writes it, which is one text for each. */
function canonicalAddress(text: string): string {
  const family = isIP(text)
  return family === 0 ? '' : new URL(family === 6 ? `http://[${text}]` : `http://${text}`).hostname
}

export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16))
  return canonicalAddress(groups.join(':'))
}
