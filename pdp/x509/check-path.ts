import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import { type Certificate, isSelfIssued } from './certificate.ts'
import { checkCritical } from './check-issuer.ts'
import { checkProfile } from './check-profile.ts'
import { checkRevoked } from './check-revoked.ts'
import { checkKey } from './key-rules.ts'
import { checkNameConstraints, type ComparisonBudget } from './name-constraints.ts'
import type { PathRequest } from './path.ts'
import { checkPolicies } from './policies.ts'
import { purposes } from './usage-extensions.ts'

export const checkPathClauses = clauses({
  pathLength: 'rfc5280-6.1.4-path-length',
  purpose: 'rfc5280-4.2.1.12-purpose',
})

/**
 * Checks a whole path, the anchor first, whose signatures, validity and issuers were checked as it was built: what else
 * RFC 5280 §6.1 asks, and its §4 where the rules want it. Errors: CERTIFICATE_REFUSED, REVOKED, TRUST_UNAVAILABLE.
 */
export function checkPath(
  path: readonly [Certificate, ...Certificate[]],
  { rules, lists = [], now }: Pick<PathRequest, 'rules' | 'lists' | 'now'>,
  comparisons: ComparisonBudget,
): Refusal | undefined {
  const [, ...below] = path
  for (const certificate of path) {
    const refusal =
      checkCritical(certificate) ??
      (rules.profile === 'all' || certificate === path.at(-1)
        ? checkProfile(certificate)
        : checkKey(certificate.publicKey))
    if (refusal) return refusal
  }
  return (
    checkPurpose(path, rules.purpose) ??
    checkPathLengths(path) ??
    checkNameConstraints(path, comparisons) ??
    checkPolicies(below) ??
    checkRevoked(path, lists, now)
  )
}

/**
 * No purposes at all are all of them, and an authority that names some limits what is below it. Where none is asked for,
 * the path must be good for one of those the leaf names.
 */
function checkPurpose(path: readonly Certificate[], purpose: string | undefined): Refusal | undefined {
  const named = path.flatMap(({ extensions }) => extensions.extendedKeyUsage?.purposes ?? [])
  const wanted = purpose === undefined ? [...new Set(named)] : [purpose]
  const isGood = (each: string): boolean => path.every((certificate) => allows(certificate, each))
  return wanted.length === 0 || wanted.some(isGood)
    ? undefined
    : refuse('CERTIFICATE_REFUSED', checkPathClauses.purpose, 'a certificate is not for this purpose')
}

const allows = ({ extensions: { extendedKeyUsage } }: Certificate, purpose: string): boolean =>
  !extendedKeyUsage || [purpose, purposes.any].some((each) => extendedKeyUsage.purposes.includes(each))

/** RFC 5280 §6.1.4 (l), (m), the anchor's limit too. The leaf counts as no intermediate. */
function checkPathLengths(path: readonly Certificate[]): Refusal | undefined {
  let left = Number.POSITIVE_INFINITY
  for (const [i, certificate] of path.slice(0, -1).entries()) {
    // the anchor is none of the certificates of the path
    if (i > 0 && !isSelfIssued(certificate)) left--
    if (left < 0) return refuse('CERTIFICATE_REFUSED', checkPathClauses.pathLength, 'too many authorities in a row')
    left = Math.min(left, certificate.extensions.basicConstraints?.pathLength ?? left)
  }
  return undefined
}
