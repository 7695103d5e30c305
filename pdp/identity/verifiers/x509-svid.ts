import { clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { parseSpiffeId, type SpiffeIdParts, type TrustDomain } from '../../core/spiffe-id.ts'
import type { CertificateCredential, Verified, Verifier } from '../../seams.ts'
import type { Certificate } from '../../x509/certificate.ts'
import type { Path } from '../../x509/path.ts'
import { purposes } from '../../x509/usage-extensions.ts'
import { claimsOfCertificate, revocableOfPath } from '../certificate-evidence.ts'
import { type ChainTrust, createProveChain } from '../prove-chain.ts'
import { type DomainFacts, readSvidFacts } from '../svid-facts.ts'

export const x509SvidClauses = clauses({
  form: 'x509-svid-2-certificate',
  oneId: 'x509-svid-2-one-uri-name',
  workload: 'x509-svid-5.2-workload-path',
  trustDomain: 'x509-svid-5.1-own-trust-domain',
  leaf: 'x509-svid-5.2-leaf-no-authority',
  signing: 'x509-svid-5.2-leaf-signs-nothing',
  keyUsage: 'x509-svid-4.3-digital-signature',
  purposes: 'x509-svid-4.4-server-and-client',
  authority: 'x509-svid-3.2-authority-without-path',
})

/** One trust domain whose X.509-SVIDs are taken, and what configuration knows about it. */
export interface X509SvidSettings extends ChainTrust, DomainFacts {
  readonly trustDomain: TrustDomain
}

/**
 * Verifies X.509-SVIDs (SPIFFE X509-SVID) of one trust domain with the bundle of that domain alone. Revocation is not
 * asked here, but for configured lists.
 */
export function createX509SvidVerifier(settings: X509SvidSettings): Verifier {
  const { trustDomain } = settings
  const proveChain = createProveChain(settings, {
    inspect(leaf, sent) {
      const id = readId(leaf, trustDomain)
      return id.ok ? (checkLeaf(leaf) ?? checkAuthorities(sent)) : id
    },
    conclude: (leaf, path, credential) => verifiedOf(leaf, path, credential, settings),
    noPath:
      'no path from the certificate to the bundle of its trust domain: send its intermediates too or configure them as `intermediates`, and behind a proxy name it in xfcc_from',
  })
  return {
    method: 'x509-svid',
    selectors: [{ form: 'certificate', by: 'trust-domain', value: trustDomain }],
    verify: async (credential, _, frame) =>
      credential.form === 'certificate' ? proveChain(credential, frame) : notACertificate,
  }
}

const notACertificate = refuse('CREDENTIAL_MALFORMED', x509SvidClauses.form, 'an X.509-SVID is a certificate')

const uriNames = ({ extensions }: Certificate): readonly string[] =>
  (extensions.subjectAltName?.names ?? []).flatMap((name) => (name.kind === 'uri' ? [name.value] : []))

function readId(leaf: Certificate, own: TrustDomain): Result<SpiffeIdParts> {
  const [uri, second] = uriNames(leaf)
  if (uri === undefined || second !== undefined) {
    return refuse('CREDENTIAL_REFUSED', x509SvidClauses.oneId, 'an X.509-SVID has exactly one URI among its names')
  }
  const id = parseSpiffeId(uri)
  if (!id.ok) return id
  if (id.value.trustDomain !== own) {
    return refuse('ISSUER_UNKNOWN', x509SvidClauses.trustDomain, 'SPIFFE ID is of another trust domain')
  }
  return id.value.path === ''
    ? refuse('CREDENTIAL_REFUSED', x509SvidClauses.workload, 'SPIFFE ID names a trust domain, not a workload')
    : id
}

function checkLeaf({ extensions }: Certificate): Refusal | undefined {
  const { basicConstraints, keyUsage, extendedKeyUsage } = extensions
  const refused = (clause: (typeof x509SvidClauses)[keyof typeof x509SvidClauses], detail: string) =>
    refuse('CERTIFICATE_REFUSED', clause, detail)
  if (basicConstraints?.isCa === true)
    return refused(x509SvidClauses.leaf, 'an authority presents itself as a workload')
  if (keyUsage?.keyCertSign || keyUsage?.crlSign) {
    return refused(x509SvidClauses.signing, 'key usage of a workload must not sign certificates or lists')
  }
  if (keyUsage?.critical !== true || !keyUsage.digitalSignature) {
    return refused(x509SvidClauses.keyUsage, 'key usage must be critical and have digitalSignature')
  }
  const { serverAuth, clientAuth } = purposes
  if (extendedKeyUsage && ![serverAuth, clientAuth].every((each) => extendedKeyUsage.purposes.includes(each))) {
    return refused(x509SvidClauses.purposes, 'extended key usage must have serverAuth and clientAuth')
  }
  return undefined
}

/** X509-SVID §3.2: an authority that has a SPIFFE ID names a trust domain by it. Those of the bundle stand as they are. */
function checkAuthorities(intermediates: readonly Certificate[]): Refusal | undefined {
  const hasPath = (uri: string) => /^spiffe:\/\/[^/]*\/./i.test(uri)
  return intermediates.some((each) => uriNames(each).some(hasPath))
    ? refuse('CERTIFICATE_REFUSED', x509SvidClauses.authority, 'an authority of the chain has the ID of a workload')
    : undefined
}

function verifiedOf(
  leaf: Certificate,
  path: Path,
  { thumbprint }: CertificateCredential,
  settings: X509SvidSettings,
): Result<Verified> {
  const read = readId(leaf, settings.trustDomain)
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
