import { clauses } from '../../core/clause.ts'
import { ok, refuse } from '../../core/result.ts'
import type { Proof } from '../../seams.ts'
import { certificateBinding } from '../bind.ts'

export const certificateBindingClauses = clauses({ thumbprint: 'rfc8705-3-x5t-s256' })

/**
 * Checks that the certificate of the TLS client is the one a token is bound to (RFC 8705 §3). The proof's text is the
 * thumbprint of the certificate that the enforcement point vouched for; both are public, so they are compared as they
 * are. Errors: CREDENTIAL_REFUSED, which tells the caller `invalid_token` as §3 asks.
 */
export function createCertificateBinding(): Proof {
  return {
    kind: certificateBinding,
    async check({ text }, { confirmation }) {
      if (confirmation?.x5tS256 === undefined || text !== confirmation.x5tS256) {
        return refuse(
          'CREDENTIAL_REFUSED',
          certificateBindingClauses.thumbprint,
          'token is bound to another certificate than that of the TLS client',
        )
      }
      const revocable = [{ by: 'key-thumbprint' as const, id: text }] // as records show it
      return ok({ method: 'mtls', possession: 'channel', keyThumbprint: text, once: [], revocable })
    },
  }
}
