import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import type { Instant } from '../core/time.ts'
import type { Certificate } from './certificate.ts'

export const checkValidityClauses = clauses({
  notBefore: 'rfc5280-6.1.3-not-before',
  notAfter: 'rfc5280-6.1.3-not-after',
})

const second = 1000

/** Whether a certificate is valid now, both ends included (RFC 5280 §4.1.2.5). Errors: EXPIRED, NOT_YET_VALID. */
export function checkValidity({ notBefore, notAfter }: Certificate, now: Instant): Refusal | undefined {
  const time = Math.floor(now / second) * second // certificates tell whole seconds
  if (time < notBefore) return refuse('NOT_YET_VALID', checkValidityClauses.notBefore, 'a certificate is not valid yet')
  // negated, so that a time that is no number is too late
  if (!(time <= notAfter)) return refuse('EXPIRED', checkValidityClauses.notAfter, 'a certificate has expired')
  return undefined
}
