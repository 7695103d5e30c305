import { clauses } from '../../core/clause.ts'
import type { Frame } from '../../core/frame.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { TrustDomain } from '../../core/spiffe-id.ts'
import type { CertificateCredential } from '../../core/credential.ts'
import type { Verified, Verifier } from '../../seams.ts'
import type { Certificate } from '../../x509/certificate.ts'
import { checkX509Svid, readSvidId } from '../../x509/check-x509-svid.ts'
import type { Path } from '../../x509/path.ts'
import { claimsOfCertificate, revocableOfPath } from '../certificate-evidence.ts'
import { type ChainTrust, createProveChain } from '../prove-chain.ts'
import { type DomainFacts, readSvidFacts } from '../svid-facts.ts'

export const x509SvidClauses = clauses({ form: 'x509-svid-2-certificate' })

/** One trust domain whose X.509-SVIDs are taken, and what configuration knows about it. */
export interface X509SvidSettings extends ChainTrust, DomainFacts {
  readonly trustDomain: TrustDomain
}

/**
 * Verifies X.509-SVIDs (SPIFFE X509-SVID) of one trust domain with the bundle of that domain alone. Revocation is not
 * asked here, but for configured lists.
 */
export function createX509SvidVerifier(settings: X509SvidSettings): Verifier {
  const proveSvid = createProveSvid(settings)
  return {
    method: 'x509-svid',
    selectors: [{ form: 'certificate', by: 'trust-domain', value: settings.trustDomain }],
    verify: async (credential, _, frame) =>
      credential.form === 'certificate' ? proveSvid(credential, frame) : notACertificate,
  }
}

/** Makes what proves an X.509-SVID, whoever shows it. */
export function createProveSvid(
  settings: X509SvidSettings,
): (credential: CertificateCredential, frame: Frame) => Promise<Result<Verified>> {
  const { trustDomain } = settings
  return createProveChain(settings, {
    inspect: (leaf, sent) => checkX509Svid(leaf, sent, trustDomain),
    conclude: (leaf, path, credential) => verifiedOf(leaf, path, credential, settings),
    noPath:
      'no path from the certificate to the bundle of its trust domain: send its intermediates too or configure them as `intermediates`, and behind a proxy name it in xfcc_from',
  })
}

const notACertificate = refuse('CREDENTIAL_MALFORMED', x509SvidClauses.form, 'an X.509-SVID is a certificate')

function verifiedOf(
  leaf: Certificate,
  path: Path,
  { thumbprint }: CertificateCredential,
  settings: X509SvidSettings,
): Result<Verified> {
  const read = readSvidId(leaf, settings.trustDomain)
  if (!read.ok) return read
  const { id, trustDomain, path: pathOfId } = read.value
  const facts = readSvidFacts(pathOfId, settings)
  if (!facts.ok) return facts
  const revocable = revocableOfPath(path)
  if (!revocable.ok) return revocable
  const issuer = `spiffe://${trustDomain}`
  return ok({
    method: 'x509-svid',
    subject: { issuer, id, spiffe: { id, trustDomain, path: pathOfId } },
    claims: claimsOfCertificate(leaf, thumbprint),
    facts: facts.value,
    issuedAt: leaf.notBefore,
    expiresAt: path.notAfter,
    audienceBound: true, // a handshake with one peer: nothing is sent that could be shown to another
    attested: true, // a SPIFFE issuer attests node and workload before it signs
    attestedAt: leaf.notBefore,
    delegation: [],
    once: [],
    revocable: [
      { by: 'subject', issuer, id, issuedAt: leaf.notBefore },
      { by: 'trust-domain', id: trustDomain },
      ...facts.value.map(({ name, value }) => ({ by: 'fact' as const, name, id: value })),
      ...revocable.value,
    ],
  })
}
