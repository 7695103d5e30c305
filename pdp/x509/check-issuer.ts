import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import type { Certificate } from './certificate.ts'

export const checkIssuerClauses = clauses({
  ca: 'rfc5280-6.1.4-ca',
  keyCertSign: 'rfc5280-6.1.4-key-cert-sign',
  unprocessed: 'rfc5280-4.2-critical-extension-known',
})

/**
 * Whether a certificate may issue others (RFC 5280 §6.1.4 k, n): cA is asserted, and so is keyCertSign where there is a
 * key usage. Errors: CERTIFICATE_REFUSED.
 */
export function checkIssuer({ extensions }: Certificate): Refusal | undefined {
  if (extensions.basicConstraints?.isCa !== true) {
    return refuse('CERTIFICATE_REFUSED', checkIssuerClauses.ca, 'a certificate that is no authority signed another')
  }
  if (extensions.keyUsage?.keyCertSign === false) {
    return refuse(
      'CERTIFICATE_REFUSED',
      checkIssuerClauses.keyCertSign,
      'the key of an issuer may not sign certificates',
    )
  }
  return undefined
}

/** RFC 5280 §4.2: a critical extension that is not understood refuses the certificate. Errors: CERTIFICATE_REFUSED. */
export function checkCritical({ extensions }: Certificate): Refusal | undefined {
  return extensions.unprocessed.length > 0
    ? refuse('CERTIFICATE_REFUSED', checkIssuerClauses.unprocessed, 'a critical extension is not known')
    : undefined
}
