import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import { type Refusal, refuse } from '../core/result.ts'
import type { JwsHeader } from './read-jws-header.ts'

export const typeClauses = clauses({
  typ: 'rfc8725-3.11-typ',
})

/**
 * - `optional`: a token without `typ` is taken too.
 * - `code`: of the refusal; CREDENTIAL_REFUSED unless told.
 */
export interface TypeRules {
  readonly optional?: boolean
  readonly code?: RefusalCode
}

/**
 * Checks that `typ` is one of `types`, such as `at+jwt`: a token of one kind never passes for another (RFC 8725 §3.11).
 * Media types are compared without case and with or without `application/` (RFC 7515 §4.1.9).
 */
export function checkType(header: JwsHeader, types: readonly string[], rules: TypeRules = {}): Refusal | undefined {
  const { typ } = header
  const accepted =
    typ === undefined ? rules.optional === true : types.some((type) => mediaType(type) === mediaType(typ))
  return accepted
    ? undefined
    : refuse(rules.code ?? 'CREDENTIAL_REFUSED', typeClauses.typ, 'typ is not one that is accepted here')
}

function mediaType(type: string): string {
  const lower = type.toLowerCase()
  return lower.includes('/') ? lower : `application/${lower}`
}
