import { clauses } from '../core/clause.ts'
import { type Refusal, type Result, refuse } from '../core/result.ts'
import { parseSpiffeId, type SpiffeIdParts, type TrustDomain } from '../core/spiffe-id.ts'
import type { Certificate } from './certificate.ts'
import { purposes } from './usage-extensions.ts'

export const checkX509SvidClauses = clauses({
  oneId: 'x509-svid-2-one-uri-name',
  workload: 'x509-svid-5.2-workload-path',
  trustDomain: 'x509-svid-5.1-own-trust-domain',
  leaf: 'x509-svid-5.2-leaf-no-authority',
  signing: 'x509-svid-5.2-leaf-signs-nothing',
  keyUsage: 'x509-svid-4.3-digital-signature',
  purposes: 'x509-svid-4.4-server-and-client',
  authority: 'x509-svid-3.2-authority-without-path',
})

/**
 * What SPIFFE asks of an X.509-SVID of this trust domain, beside its path. `sent` are the certificates
 * that came with it. Errors: CREDENTIAL_MALFORMED, CREDENTIAL_REFUSED, ISSUER_UNKNOWN, CERTIFICATE_REFUSED.
 */
export function checkX509Svid(leaf: Certificate, sent: readonly Certificate[], own: TrustDomain): Refusal | undefined {
  const id = readSvidId(leaf, own)
  return id.ok ? (checkLeaf(leaf) ?? checkAuthorities(sent)) : id
}

const uriNames = ({ extensions }: Certificate): readonly string[] =>
  (extensions.subjectAltName?.names ?? []).flatMap((name) => (name.kind === 'uri' ? [name.value] : []))

/** The SPIFFE ID of a leaf: its only URI, of a workload of this trust domain (X509-SVID §2, §5.2). */
export function readSvidId(leaf: Certificate, own: TrustDomain): Result<SpiffeIdParts> {
  const [uri, second] = uriNames(leaf)
  if (uri === undefined || second !== undefined) {
    return refuse('CREDENTIAL_REFUSED', checkX509SvidClauses.oneId, 'an X.509-SVID has exactly one URI among its names')
  }
  const id = parseSpiffeId(uri)
  if (!id.ok) return id
  if (id.value.trustDomain !== own) {
    return refuse('ISSUER_UNKNOWN', checkX509SvidClauses.trustDomain, 'SPIFFE ID is of another trust domain')
  }
  return id.value.path === ''
    ? refuse('CREDENTIAL_REFUSED', checkX509SvidClauses.workload, 'SPIFFE ID names a trust domain, not a workload')
    : id
}

function checkLeaf({ extensions }: Certificate): Refusal | undefined {
  const { basicConstraints, keyUsage, extendedKeyUsage } = extensions
  const refused = (clause: (typeof checkX509SvidClauses)[keyof typeof checkX509SvidClauses], detail: string) =>
    refuse('CERTIFICATE_REFUSED', clause, detail)
  if (basicConstraints?.isCa === true)
    return refused(checkX509SvidClauses.leaf, 'an authority presents itself as a workload')
  if (keyUsage?.keyCertSign || keyUsage?.crlSign) {
    return refused(checkX509SvidClauses.signing, 'key usage of a workload must not sign certificates or lists')
  }
  if (keyUsage?.critical !== true || !keyUsage.digitalSignature) {
    return refused(checkX509SvidClauses.keyUsage, 'key usage must be critical and have digitalSignature')
  }
  const { serverAuth, clientAuth } = purposes
  if (extendedKeyUsage && ![serverAuth, clientAuth].every((each) => extendedKeyUsage.purposes.includes(each))) {
    return refused(checkX509SvidClauses.purposes, 'extended key usage must have serverAuth and clientAuth')
  }
  return undefined
}

/** X509-SVID §3.2: an authority that has a SPIFFE ID names a trust domain by it. Those of the bundle stand as they are. */
function checkAuthorities(intermediates: readonly Certificate[]): Refusal | undefined {
  const hasPath = (uri: string) => /^spiffe:\/\/[^/]*\/./i.test(uri)
  return intermediates.some((each) => uriNames(each).some(hasPath))
    ? refuse(
        'CERTIFICATE_REFUSED',
        checkX509SvidClauses.authority,
        'an authority of the chain has the ID of a workload',
      )
    : undefined
}
