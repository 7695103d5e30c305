import { clauses } from '../core/clause.ts'
import { type Digest, sha256 } from '../core/digest.ts'
import type { Frame } from '../core/frame.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type { PepCertificate } from '../core/service.ts'
import { parseSpiffeId } from '../core/spiffe-id.ts'
import type { CertificateCredential } from '../core/credential.ts'
import type { RevocationView, Verified } from '../seams.ts'
import type { Certificate } from '../x509/certificate.ts'
import { checkValidity } from '../x509/check-validity.ts'
import { readCertificate } from '../x509/read-certificate.ts'
import { purposes } from '../x509/usage-extensions.ts'
import { readChain } from './open-certificate.ts'
import { type ChainTrust, createProveChain } from './prove-chain.ts'

export const pepCertificateClauses = clauses({
  known: 'pep-certificate-configured',
  leaf: 'pep-certificate-no-authority',
  purpose: 'pep-certificate-client-auth',
  revoked: 'pep-certificate-revocation',
})

/**
 * How enforcement points are known by certificate.
 *
 * - `pinned`: those known by the SHA-256 of theirs, which `authorities` issued or are.
 * - `svids`: what proves an X.509-SVID, by trust domain: each with the bundle of its own domain, never one of several.
 */
export interface PepCertificateSettings {
  readonly pinned: ReadonlySet<Digest>
  readonly authorities?: ChainTrust
  readonly svids: ReadonlyMap<string, (credential: CertificateCredential, frame: Frame) => Promise<Result<Verified>>>
  readonly revocation: RevocationView
}

/** Judges the chain of a TLS client, DER and leaf first, at the time of the frame. */
export type JudgePepCertificate = (
  chain: readonly [Uint8Array, ...Uint8Array[]],
  frame: Frame,
) => Promise<Result<PepCertificate>>

/**
 * Makes what judges certificates of enforcement points, after a handshake that showed their keys. The path is built here
 * and not by the TLS library, which accepts an authority as a client, two URIs, a SPIFFE ID without a path, and the
 * authority of one trust domain for the workload of another. Errors: those of the path; PEP_UNAUTHENTICATED.
 */
export function createPepCertificates(settings: PepCertificateSettings): JudgePepCertificate {
  const { pinned, authorities, svids, revocation } = settings
  const provePinned =
    authorities &&
    createProveChain<Digest>(authorities, {
      inspect: checkPinned,
      conclude: (leaf) => ok(sha256(leaf.der)),
      noPath: 'no path from the certificate to an authority of tls.client_ca',
    })
  return async function judge(chain, frame) {
    const credential = readChain(chain)
    if (!credential.ok) return credential
    const digest = sha256(chain[0])
    if (pinned.has(digest) && authorities && provePinned) {
      const itself = await checkItself(chain[0], authorities, frame)
      if (itself) return itself.ok ? ok({ sha256: digest }) : itself
      const proven = await provePinned(credential.value, frame)
      return proven.ok ? ok({ sha256: proven.value }) : proven
    }
    const prove = svids.get(domainOf(credential.value))
    if (!prove) return unknown
    const proven = await prove(credential.value, frame)
    if (!proven.ok) return proven
    const { subject, revocable } = proven.value
    if (revocation.find(revocable) !== 'clear') return revoked
    return subject.spiffe ? ok({ spiffeId: subject.spiffe.id }) : unknown
  }
}

const unknown = refuse(
  'PEP_UNAUTHENTICATED',
  pepCertificateClauses.known,
  'no enforcement point is configured with this certificate',
)
const revoked = refuse('PEP_UNAUTHENTICATED', pepCertificateClauses.revoked, 'certificate or its subject is revoked')

/** The trust domain of the first SPIFFE ID; which certificate may have it is for the proof to say. */
function domainOf({ uris }: CertificateCredential): string {
  const unverifiedId = parseSpiffeId(uris.find((uri) => uri.startsWith('spiffe://')) ?? '')
  return unverifiedId.ok ? unverifiedId.value.trustDomain : ''
}

function checkPinned({ extensions: { basicConstraints, extendedKeyUsage } }: Certificate): Refusal | undefined {
  if (basicConstraints?.isCa === true) {
    return refuse('CERTIFICATE_REFUSED', pepCertificateClauses.leaf, 'an authority presents itself as a client')
  }
  return extendedKeyUsage && !extendedKeyUsage.purposes.includes(purposes.clientAuth)
    ? refuse('CERTIFICATE_REFUSED', pepCertificateClauses.purpose, 'extended key usage must have clientAuth')
    : undefined
}

/** A certificate that stands among the authorities itself, such as a self-signed one, needs no path: only to be valid. */
async function checkItself(der: Uint8Array, { trust }: ChainTrust, frame: Frame): Promise<Result<void> | undefined> {
  const anchors = await trust.anchors(frame)
  if (anchors.ok !== true) return anchors
  if (!anchors.value.some((anchor) => Buffer.from(anchor).equals(der))) return undefined
  const leaf = readCertificate(der)
  if (!leaf.ok) return leaf
  return checkPinned(leaf.value) ?? checkValidity(leaf.value, frame.now) ?? ok(undefined)
}
