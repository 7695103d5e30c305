import { clauses } from '../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { type Certificate, isSelfIssued } from './certificate.ts'
import { checkIssuer } from './check-issuer.ts'
import { checkPath } from './check-path.ts'
import { listsOf } from './check-revoked.ts'
import { checkValidity } from './check-validity.ts'
import type { ComparisonBudget } from './name-constraints.ts'
import type { Path, PathRequest } from './path.ts'
import { verifySignature } from './verify-signature.ts'

export const buildPathClauses = clauses({
  path: 'rfc5280-6.1-path',
  budget: 'x509-path-search-bounded',
})

// What an attacker may make us do for one certificate: a check costs up to a millisecond, a step microseconds.
const maximumChecks = 64
const maximumSteps = 2_000
const maximumPaths = 50 // whole ones that a check refuses
const maximumComparisons = 50_000 // of names with constraints; real paths need tens
const maximumLength = 16 // self-issued ones included

/** One search: what it may still do, and what it learned. */
interface Search {
  readonly request: PathRequest
  readonly bySubject: ReadonlyMap<string, readonly Candidate[]>
  readonly checked: Map<Certificate, Map<string, Refusal | undefined>>
  readonly comparisons: ComparisonBudget
  checks: number
  steps: number
  paths: number
  /** Why the first whole path was refused, else why the first issuer by name was. */
  ofPath?: Refusal
  ofIssuer?: Refusal
}

interface Candidate {
  readonly certificate: Certificate
  readonly isAnchor: boolean
}

/**
 * Finds a path from the leaf to an anchor that passes every check (RFC 5280 §6.1, RFC 4158), looking through all that
 * fit by name. Bounded by the number of signatures checked and of certificates looked at; over it, the search is
 * refused. Nothing is fetched. Errors: those of the checks; CERTIFICATE_REFUSED where there is no path.
 */
export function buildPath(request: PathRequest): Result<Path> {
  const { leaf, anchors, intermediates, now } = request
  const invalid = checkValidity(leaf, now)
  if (invalid) return invalid
  const candidates: readonly Candidate[] = [
    ...anchors.map((certificate) => ({ certificate, isAnchor: true })),
    ...intermediates.map((certificate) => ({ certificate, isAnchor: false })),
  ]
  const bySubject = Map.groupBy(candidates, ({ certificate }) => certificate.subject.key)
  const search: Search = {
    request,
    bySubject,
    checked: new Map(),
    comparisons: { left: maximumComparisons },
    checks: maximumChecks,
    steps: maximumSteps,
    paths: maximumPaths,
  }
  // the shortest first: a way out is mostly near, and certificates that sign each other make endless long ones
  for (let depth = 0; depth <= request.rules.maximumIntermediates && !isSpent(search); depth++) {
    const found = extend(search, [leaf], depth)
    if (found) return ok(found)
  }
  if (isSpent(search)) {
    return refuse('CERTIFICATE_REFUSED', buildPathClauses.budget, 'too many certificates to find a path among')
  }
  return (
    search.ofPath ??
    search.ofIssuer ??
    refuse('CERTIFICATE_REFUSED', buildPathClauses.path, 'no path to an authority that is trusted for this certificate')
  )
}

const isSpent = ({ checks, steps, paths }: Search): boolean => checks < 0 || steps < 0 || paths < 0

/** Tries every issuer for the first of `path`, whose last is the leaf; `left` intermediates are still to come. */
function extend(search: Search, path: readonly [Certificate, ...Certificate[]], left: number): Path | undefined {
  const [child] = path
  for (const { certificate, isAnchor } of issuersOf(search, child)) {
    search.steps--
    if (isSpent(search)) return undefined
    // RFC 4158 §2.4.1: a name and key that is in the path leads nowhere new
    if (path.some((each) => isSameEntity(each, certificate))) continue
    const then = isAnchor || isSelfIssued(certificate) ? left : left - 1
    if (then < 0 || (isAnchor && left > 0) || path.length >= maximumLength) continue
    const refusal = checkStep(search, child, certificate)
    if (isSpent(search)) return undefined
    if (refusal) {
      search.ofIssuer ??= refusal
      continue
    }
    const longer = [certificate, ...path] as const
    const found = isAnchor ? finish(search, longer) : extend(search, longer, then)
    if (found) return found
  }
  return undefined
}

/** Certificates of the issuer's name: anchors first, then those with the key identifier that is asked for. */
function issuersOf({ bySubject }: Search, child: Certificate): readonly Candidate[] {
  const named = bySubject.get(child.issuer.key) ?? []
  const keyId = child.extensions.authorityKeyId?.keyId
  if (!keyId || named.length < 2) return named
  const rank = ({ certificate, isAnchor }: Candidate): number =>
    (certificate.extensions.subjectKeyId?.keyId.equals(keyId) === true ? 0 : 2) + (isAnchor ? 0 : 1)
  return named.toSorted((a, b) => rank(a) - rank(b))
}

const isSameEntity = (a: Certificate, b: Certificate): boolean =>
  a.subject.key === b.subject.key && a.publicKey.spki.equals(b.publicKey.spki)

function checkStep(search: Search, child: Certificate, issuer: Certificate): Refusal | undefined {
  return checkIssuer(issuer) ?? checkValidity(issuer, search.request.now) ?? checkSignedBy(search, child, issuer)
}

/** A signature is checked once for each key, however many certificates hold that key. */
function checkSignedBy(search: Search, child: Certificate, { publicKey }: Certificate): Refusal | undefined {
  const known = search.checked.get(child) ?? new Map<string, Refusal | undefined>()
  search.checked.set(child, known)
  const key = publicKey.spki.toString('latin1')
  if (known.has(key)) return known.get(key)
  if (--search.checks < 0) return undefined
  const refusal = verifySignature(child, publicKey)
  known.set(key, refusal)
  return refusal
}

function finish(search: Search, path: readonly [Certificate, ...Certificate[]]): Path | undefined {
  const refusal = checkPath(path, search.request, search.comparisons)
  if (refusal) {
    search.paths--
    search.ofPath ??= refusal
    return undefined
  }
  const lists = path.slice(0, -1).flatMap((issuer) => listsOf(issuer, search.request.lists ?? []))
  const starts = [...path.map((each) => each.notBefore), ...lists.map(({ thisUpdate }) => thisUpdate)]
  const ends = [...path.map((each) => each.notAfter), ...lists.map(({ nextUpdate }) => nextUpdate)]
  const notBefore = starts.reduce((a, b) => (a > b ? a : b))
  const notAfter = ends.reduce((a, b) => (a < b ? a : b))
  return { certificates: path, notBefore, notAfter }
}
