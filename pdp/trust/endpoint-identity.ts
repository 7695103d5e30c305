import type { SpiffeIdParts } from '../core/spiffe-id.ts'
import type { Instant } from '../core/time.ts'
import { buildPath } from '../x509/build-path.ts'
import { checkX509Svid, readSvidId } from '../x509/check-x509-svid.ts'
import { readCertificate } from '../x509/read-certificate.ts'
import { purposes } from '../x509/usage-extensions.ts'

const maximumIntermediates = 5

/**
 * Whether the certificates of a TLS server are an X.509-SVID of exactly this id under these authorities (SPIFFE Federation
 * §5.2.2). Authorities that cannot be read authorize nothing.
 */
export function isEndpoint(
  chain: readonly Uint8Array[],
  { id, trustDomain }: SpiffeIdParts,
  authorities: readonly Uint8Array[],
  now: Instant,
): boolean {
  const read = chain.map((der) => readCertificate(der))
  const [leaf, ...sent] = read.flatMap((each) => (each.ok ? [each.value] : []))
  if (!leaf || sent.length !== chain.length - 1) return false
  const own = readSvidId(leaf, trustDomain)
  if (!own.ok || own.value.id !== id || checkX509Svid(leaf, sent, trustDomain)) return false
  const anchors = authorities.flatMap((der) => {
    const anchor = readCertificate(der)
    return anchor.ok ? [anchor.value] : []
  })
  const rules = { profile: 'leaf', purpose: purposes.serverAuth, maximumIntermediates } as const
  return buildPath({ leaf, intermediates: sent, anchors, now, rules }).ok
}
