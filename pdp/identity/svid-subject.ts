import type { Clause } from '../core/clause.ts'
import { type JsonObject, stringMember } from '../core/json.ts'
import { type Result, refuse } from '../core/result.ts'
import { parseSpiffeId, type SpiffeIdParts, type TrustDomain } from '../core/spiffe-id.ts'

/** The checks by the names that a form of SVID gives them. */
export interface SvidSubjectClauses {
  readonly subject: Clause
  readonly workload: Clause
  readonly trustDomain: Clause
}

/** The workload that `sub` of an SVID in a token names: a SPIFFE ID with a path, of this very trust domain. */
export function readSvidSubject(
  claims: JsonObject,
  own: TrustDomain,
  clauses: SvidSubjectClauses,
): Result<SpiffeIdParts> {
  const text = stringMember(claims, 'sub')
  if (text === undefined) return refuse('CREDENTIAL_MALFORMED', clauses.subject, 'sub must be a SPIFFE ID')
  const id = parseSpiffeId(text)
  if (!id.ok) return id
  if (id.value.path === '') {
    return refuse('CREDENTIAL_REFUSED', clauses.workload, 'SPIFFE ID names a trust domain, not a workload')
  }
  return id.value.trustDomain === own
    ? id
    : refuse('ISSUER_UNKNOWN', clauses.trustDomain, 'SPIFFE ID is of another trust domain')
}
