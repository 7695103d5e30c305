import type { Caller } from '../../core/caller.ts'
import type { Result } from '../../core/result.ts'
import type { Frame } from '../../core/frame.ts'
import type { Config } from '../../config/schema.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Service } from '../../core/service.ts'
import type { FoundCredential } from '../../identity/evidence.ts'
import { presignedPrefix } from '../../identity/aws/read-presigned.ts'
import { createOpenToken } from '../../identity/open-token.ts'
import { createVerifiedTokens } from '../../jose/verified-tokens.ts'
import { readCertificate } from '../../x509/read-certificate.ts'
import type { Check } from './check.ts'
import { checksOf, firstChecks } from './checks.ts'
import { raiseAssurance } from './raise-assurance.ts'
import { issuerOf, type Seen } from './seen.ts'

/** What became of one check. `unknown`: the gate refused at a place that is not on the list. */
export interface CheckReport {
  readonly check: string
  readonly result: 'passed' | 'refused' | 'not reached' | 'unknown'
  readonly expected?: string
  readonly got?: string
}

/** What the first gate says of what was presented, and how it came to that. Holds no token, proof or signature. */
export interface InspectReport {
  readonly verdict: 'accepted' | 'refused'
  readonly code: string
  readonly clause?: string
  readonly detail?: string
  readonly verifier?: string
  readonly service: string
  readonly checks: readonly CheckReport[]
  readonly subject?: Caller['subject']
  readonly attested?: Caller['attested']
  readonly delegation?: readonly string[]
  readonly raise: readonly string[]
  readonly unchecked: readonly string[]
}

/** What a report is made from: the answer of the gate, and what it was asked about. */
export interface ReportParts {
  readonly answer: Result<Caller>
  readonly found: readonly FoundCredential[]
  readonly config: Config
  readonly service: Service
  readonly frame: Frame
  readonly answered: JsonObject | undefined
}

const unchecked = ['whether it is revoked', 'whether a proof or a single-use id was used before']

export function reportOf({ answer, found, config, service, frame, answered }: ReportParts): InspectReport {
  const seen = seenOf(found[0], { config, service, now: frame.now }, answered)
  const verifier = verifierOf(seen)
  const checks = (verifier === undefined ? firstChecks : checksOf[verifier]) ?? firstChecks
  const common = { service: service.name, unchecked, ...(verifier !== undefined && { verifier }) }
  if (!answer.ok) {
    const { code, clause, detail } = answer
    const at = checks.findIndex((check) => refusesWith(check, answer))
    return {
      ...common,
      verdict: 'refused',
      code,
      clause,
      detail,
      checks: checks.map((check, i) => checkReport(check, resultAt(i, at), seen)),
      raise: [],
    }
  }
  const { subject, attested, delegation } = answer.value
  return {
    ...common,
    verdict: 'accepted',
    code: 'ACCEPTED',
    checks: checks.map((check) => checkReport(check, 'passed', seen)),
    ...(subject && { subject }),
    attested,
    delegation: delegation.map(({ issuer, id }) => `${issuer}#${encodeURIComponent(id)}`),
    raise: subject ? raiseAssurance(subject.assurance) : [],
  }
}

/** Proofs have the reader and the times of tokens; their refusals are told apart by the code. */
const refusesWith = (check: Check, { code, clause }: Result<never> & { readonly ok: false }): boolean =>
  code.startsWith('PROOF_') ? check.name === 'proof' : check.clauses.includes(clause)

function resultAt(i: number, refused: number): CheckReport['result'] {
  if (refused < 0) return 'unknown'
  if (i === refused) return 'refused'
  return i < refused ? 'passed' : 'not reached'
}

function checkReport({ name, expected, got }: Check, result: CheckReport['result'], seen: Seen): CheckReport {
  return {
    check: name,
    result,
    ...(expected && { expected: expected(seen) }),
    ...(got && { got: got(seen) }),
  }
}

function seenOf(
  first: FoundCredential | undefined,
  known: Pick<Seen, 'config' | 'service' | 'now'>,
  answered: JsonObject | undefined,
): Seen {
  const macIssuer = known.config.registry?.issuer
  const open = createOpenToken(createVerifiedTokens(), macIssuer === undefined ? {} : { macIssuer })
  const opened = first && open(first)
  if (!opened?.ok) return known
  const credential = opened.value
  if (credential.form === 'jwt') return { ...known, credential, jwt: credential.jwt, claims: credential.jwt.claims }
  if (credential.form === 'mac') return { ...known, credential, claims: credential.claims }
  if (credential.form === 'key') return { ...known, credential, ...(answered && { claims: answered }) }
  if (credential.form === 'document') return { ...known, credential }
  if (credential.form === 'signed-request') return { ...known, credential }
  const leaf = readCertificate(credential.chain[0])
  return { ...known, credential, ...(leaf.ok && { leaf: leaf.value }) }
}

/** The verifier that such a credential is given to, where there is one. */
function verifierOf(seen: Seen): string | undefined {
  const { credential } = seen
  if (credential?.form === 'jwt') return jwtVerifierOf(seen)
  if (credential?.form === 'mac') return 'hmac-token'
  if (credential?.form === 'key') {
    if (credential.scheme === 'api-key') return 'api-key'
    if (credential.scheme === 'basic' || credential.scheme === 'form') return 'client-secret'
    return seen.config.aws?.iam && credential.text.startsWith(presignedPrefix) ? 'aws-iam' : 'opaque-token'
  }
  if (credential?.form === 'signed-request') return 'aws-sigv4'
  if (credential?.form === 'document') return credential.scheme
  if (credential?.form === 'certificate') {
    return credential.uris.some((uri) => uri.startsWith('spiffe://')) ? 'x509-svid' : 'mtls'
  }
  return undefined
}

const isAssertion = ({ credential, jwt }: Seen): boolean =>
  credential?.scheme === 'client-assertion' ||
  /^(?:application\/)?client-authentication\+jwt$/i.test(jwt?.header.typ ?? '')

function jwtVerifierOf(seen: Seen): string {
  const { credential, claims } = seen
  if (credential?.scheme === 'wit') return 'wit-svid'
  if (isAssertion(seen)) return 'private-key-jwt'
  const { iss, sub } = claims ?? {}
  if (typeof iss === 'string' && iss.includes('.SHA256:')) return 'key-pair-jwt'
  if (typeof sub === 'string' && sub.startsWith('spiffe://')) return 'jwt-svid'
  return issuerOf(seen)?.review ? 'kubernetes-review' : 'issuer-jwt'
}
