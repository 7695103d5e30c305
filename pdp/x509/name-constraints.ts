import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import { type Certificate, isSelfIssued } from './certificate.ts'
import type { GeneralName } from './general-names.ts'
import { isInSubtree, type Reach } from './match-subtree.ts'
import type { NameConstraints } from './read-name-constraints.ts'

export const nameConstraintClauses = clauses({
  permitted: 'rfc5280-6.1.3-permitted-subtrees',
  excluded: 'rfc5280-6.1.3-excluded-subtrees',
  kind: 'rfc5280-4.2.1.10-name-form-processed',
  budget: 'x509-name-comparisons',
})

/** How many comparisons of a name with a constraint are left to a whole search. */
export interface ComparisonBudget {
  left: number
}

/**
 * Checks the names of every certificate against the constraints of all above it, the anchor's included (RFC 5280 §6.1.3
 * b, c; RFC 5937). `path` has the anchor first. Self-issued ones but the leaf are free. Errors: CERTIFICATE_REFUSED.
 */
export function checkNameConstraints(path: readonly Certificate[], budget: ComparisonBudget): Refusal | undefined {
  const above: NameConstraints[] = []
  for (const [i, certificate] of path.entries()) {
    const isFree = isSelfIssued(certificate) && i < path.length - 1
    if (above.length > 0 && !isFree) {
      const refusal = checkNames(namesOf(certificate), above, budget)
      if (refusal) return refusal
    }
    const { nameConstraints } = certificate.extensions
    if (nameConstraints) above.push(nameConstraints)
  }
  return undefined
}

const emailAddress = '1.2.840.113549.1.9.1'

/** All names of a certificate: its alternative names, its subject, and without the former the mailboxes in the latter. */
function namesOf({ subject, extensions: { subjectAltName } }: Certificate): readonly GeneralName[] {
  const directory: readonly GeneralName[] = subject.rdns.length > 0 ? [{ kind: 'directory', name: subject }] : []
  const mailboxes: readonly GeneralName[] = subjectAltName
    ? []
    : subject.attributes
        .filter(({ type }) => type === emailAddress)
        .map(({ value = '' }) => ({ kind: 'email', value }) as const)
  return [...(subjectAltName?.names ?? []), ...directory, ...mailboxes]
}

function checkNames(
  names: readonly GeneralName[],
  above: readonly NameConstraints[],
  budget: ComparisonBudget,
): Refusal | undefined {
  for (const name of names) {
    for (const { permitted, excluded } of above) {
      const refusal = checkPermitted(name, permitted, budget) ?? checkExcluded(name, excluded, budget)
      if (refusal) return refusal
    }
  }
  return undefined
}

/** A kind that is permitted at all is permitted only where named. */
function checkPermitted(
  name: GeneralName,
  bases: readonly GeneralName[],
  budget: ComparisonBudget,
): Refusal | undefined {
  let isConstrained = false
  for (const base of bases) {
    if (--budget.left < 0) return overBudget
    if (base.kind !== name.kind) continue
    isConstrained = true
    const reach = isInSubtree(name, base)
    if (reach === 'unknown') return unknownKind
    if (reach === 'within') return undefined
  }
  return isConstrained
    ? refuse('CERTIFICATE_REFUSED', nameConstraintClauses.permitted, 'a name lies outside what its issuers may name')
    : undefined
}

function checkExcluded(
  name: GeneralName,
  bases: readonly GeneralName[],
  budget: ComparisonBudget,
): Refusal | undefined {
  for (const base of bases) {
    if (--budget.left < 0) return overBudget
    if (base.kind !== name.kind) continue
    const reach: Reach = isInSubtree(name, base)
    if (reach === 'unknown') return unknownKind
    if (reach !== 'outside') {
      return refuse(
        'CERTIFICATE_REFUSED',
        nameConstraintClauses.excluded,
        'a name is one that its issuers may not name',
      )
    }
  }
  return undefined
}

const unknownKind = refuse(
  'CERTIFICATE_REFUSED',
  nameConstraintClauses.kind,
  'a name is constrained in a way that cannot be checked',
)
const overBudget = refuse('CERTIFICATE_REFUSED', nameConstraintClauses.budget, 'too many names and constraints')
