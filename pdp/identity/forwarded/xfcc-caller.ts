import { clauses } from '../../core/clause.ts'
import { sha256 } from '../../core/digest.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { SpiffeId } from '../../core/spiffe-id.ts'
import { readPem } from '../../x509/read-pem.ts'
import { readXfcc, type XfccElement } from './read-xfcc.ts'

export const xfccCallerClauses = clauses({
  byPeer: 'xfcc-last-element-by-peer',
  onlyByPeer: 'xfcc-one-element-by-peer',
  certificate: 'xfcc-certificate-present',
  encoding: 'xfcc-certificate-encoding',
  hash: 'xfcc-hash-of-certificate',
  leaf: 'xfcc-chain-begins-with-certificate',
})

const maximumCertificates = 10

/**
 * The certificates, in PEM, of whoever is connected to the proxy `peer`, out of the header that it sent. The last element
 * must be by that peer, for it is the one that a proxy appends; those before it may have come from anyone. No other may be
 * by it: a name in a client's certificate could otherwise pass for a second element. What stands in the element is
 * taken from the certificate itself. Errors: VOUCH_REFUSED, CREDENTIAL_MALFORMED.
 */
export function callerOfXfcc(header: string, peer: SpiffeId): Result<string> {
  const elements = readXfcc(header)
  if (!elements.ok) return elements
  const [first, ...others] = elements.value
  const last = others.at(-1) ?? first
  if (last.by.length !== 1 || last.by[0] !== peer) {
    return refused(xfccCallerClauses.byPeer, 'the last element must be by the proxy that sent it')
  }
  if (elements.value.filter(({ by }) => by.includes(peer)).length > 1) {
    return refused(xfccCallerClauses.onlyByPeer, 'two elements are by one proxy: let it drop what clients send')
  }
  return certificatesOf(last)
}

const refused = (clause: (typeof xfccCallerClauses)[keyof typeof xfccCallerClauses], detail: string): Refusal =>
  refuse('VOUCH_REFUSED', clause, `X-Forwarded-Client-Cert: ${detail}`)

function certificatesOf({ cert, chain, hash }: XfccElement): Result<string> {
  if (chain === undefined && cert === undefined) {
    return refused(xfccCallerClauses.certificate, 'names no certificate: let the proxy send Cert or Chain')
  }
  const pem = decode(chain ?? cert ?? '')
  const certificates = pem.ok ? readPem(pem.value, maximumCertificates) : pem
  if (!certificates.ok) return certificates
  const [leaf] = certificates.value
  if (hash?.toLowerCase() !== sha256(leaf)) {
    return refused(xfccCallerClauses.hash, 'Hash must be there, and be that of the certificate')
  }
  const other = checkAlone(cert, leaf)
  return other ?? pem
}

/** Where `Cert` stands beside `Chain`, it is the first of it. */
function checkAlone(cert: string | undefined, leaf: Buffer): Refusal | undefined {
  if (cert === undefined) return undefined
  const pem = decode(cert)
  const alone = pem.ok ? readPem(pem.value, 1) : pem
  if (!alone.ok) return alone
  return alone.value[0].equals(leaf) ? undefined : refused(xfccCallerClauses.leaf, 'Chain must begin with what Cert is')
}

function decode(value: string): Result<string> {
  try {
    return ok(decodeURIComponent(value))
  } catch {
    return malformed
  }
}

const malformed = refuse(
  'CREDENTIAL_MALFORMED',
  xfccCallerClauses.encoding,
  'X-Forwarded-Client-Cert: Cert and Chain must be PEM in percent-encoding',
)
