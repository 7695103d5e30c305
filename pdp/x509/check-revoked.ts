import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import type { Instant } from '../core/time.ts'
import type { Certificate } from './certificate.ts'
import type { CertificateList } from './certificate-list.ts'
import { verifySignature } from './verify-signature.ts'

export const checkRevokedClauses = clauses({
  revoked: 'rfc5280-6.3.3-revoked',
  crlSign: 'rfc5280-6.3.3-crl-sign',
  signature: 'rfc5280-6.3.3-list-signature',
  current: 'rfc5280-6.3.3-list-current',
})

/**
 * Checks the certificates of a path, the anchor first, against the lists of their issuers (RFC 5280 §6.3). A list of an
 * issuer in the path that is not right refuses the path: it may be the one that names the certificate, and whether that
 * is revoked is undetermined then (§6.3.3). It is the list that is at fault and not the certificate, and another one may
 * come: TRUST_UNAVAILABLE. An issuer without a list revokes nothing. Errors: also REVOKED.
 */
export function checkRevoked(
  path: readonly Certificate[],
  lists: readonly CertificateList[],
  now: Instant,
): Refusal | undefined {
  if (lists.length === 0) return undefined
  for (const [i, certificate] of path.entries()) {
    const issuer = path[i - 1]
    const ofIssuer = issuer ? listsOf(issuer, lists) : []
    for (const list of ofIssuer) {
      const refusal = issuer && checkList(list, issuer, now)
      if (refusal) return refusal
      if (list.revoked.has(certificate.serial)) {
        return refuse('REVOKED', checkRevokedClauses.revoked, 'a certificate is on the list of its issuer')
      }
    }
  }
  return undefined
}

/** The lists that a certificate's subject issued, by its name. */
export const listsOf = ({ subject }: Certificate, lists: readonly CertificateList[]): readonly CertificateList[] =>
  lists.filter(({ issuer }) => issuer.key === subject.key)

function checkList(list: CertificateList, issuer: Certificate, now: Instant): Refusal | undefined {
  if (issuer.extensions.keyUsage?.crlSign === false) {
    return refuse('TRUST_UNAVAILABLE', checkRevokedClauses.crlSign, 'the key of an issuer may not sign lists')
  }
  if (verifySignature(list, issuer.publicKey)) {
    return refuse('TRUST_UNAVAILABLE', checkRevokedClauses.signature, 'signature of a list is not valid')
  }
  return list.thisUpdate <= now && now <= list.nextUpdate
    ? undefined
    : refuse('TRUST_UNAVAILABLE', checkRevokedClauses.current, 'a list of revoked certificates is out of date')
}
