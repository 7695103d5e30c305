import type { Config } from '../config/schema.ts'
import type { Digest } from '../core/digest.ts'
import type { Pep } from '../core/service.ts'
import { parseSpiffeId, type TrustDomain } from '../core/spiffe-id.ts'
import { createPepCertificates, type JudgePepCertificate } from '../identity/pep-certificate.ts'
import type { ChainTrust } from '../identity/prove-chain.ts'
import { createProveSvid } from '../identity/verifiers/x509-svid.ts'
import type { RevocationView } from '../seams.ts'

/** Where certificates of enforcement points lead to: bundles by trust domain, and the authorities of `tls.client_ca`. */
export interface PepAuthorities {
  readonly bundles: ReadonlyMap<string, ChainTrust>
  readonly clientCa: ChainTrust | undefined
}

/**
 * What judges certificates of enforcement points. A SPIFFE ID is checked with the bundle that `trust` names for its trust
 * domain; where it names none, with `tls.client_ca`, which then stands for that one domain (the configuration is checked
 * for there being one only).
 */
export function composePepCertificates(
  peps: ReadonlyMap<string, Pep>,
  { bundles, clientCa }: PepAuthorities,
  revocation: RevocationView,
): JudgePepCertificate {
  const pinned = new Set<Digest>()
  const domains = new Set<TrustDomain>()
  for (const { authentication } of peps.values()) {
    if (authentication.kind === 'certificate') pinned.add(authentication.sha256)
    const id = authentication.kind === 'spiffe' ? parseSpiffeId(authentication.id) : undefined
    if (id?.ok) domains.add(id.value.trustDomain)
  }
  const svids = [...domains].flatMap((trustDomain) => {
    const chainTrust = bundles.get(trustDomain) ?? clientCa
    return chainTrust ? [[trustDomain, createProveSvid({ ...chainTrust, trustDomain })] as const] : []
  })
  return createPepCertificates({
    pinned,
    svids: new Map<string, (typeof svids)[number][1]>(svids),
    revocation,
    ...(clientCa && { authorities: clientCa }),
  })
}

/** The file of `tls.client_ca`, if there is one. */
export const clientCaOf = ({ tls }: Config): string | undefined =>
  tls === undefined || tls === 'off' ? undefined : tls.client_ca
