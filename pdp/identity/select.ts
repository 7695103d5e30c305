import { clauses } from '../core/clause.ts'
import { type JsonObject, stringMember } from '../core/json.ts'
import type { Jwt } from '../core/jwt.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type { CertificateCredential, Credential, KeyCredential } from '../core/credential.ts'
import type { Selector, Verifier } from '../seams.ts'
import { isSpiffeUri } from './certificate-names.ts'

export const selectClauses = clauses({
  document: 'select-document',
  trustDomain: 'select-trust-domain',
  issuer: 'select-issuer',
  noIssuer: 'rfc7519-4.1.1-issuer-present',
  key: 'select-key',
  wit: 'select-wit',
  certificate: 'select-certificate',
  oneClient: 'select-one-client',
  signedRequest: 'select-signed-request',
  assertion: 'select-client-assertion',
  fingerprint: 'select-key-fingerprint',
})

/** Picks the one verifier that is configured for a credential. */
export type Select = (credential: Credential) => Result<Verifier>

/**
 * Builds the choice. A JWT whose `sub` begins with `spiffe://` is a JWT-SVID and is chosen by its trust domain alone, so
 * that no issuer outside SPIFFE can speak for a SPIFFE ID; any other is chosen by `iss`. A certificate is chosen by the
 * trust domain in its first SPIFFE ID, or without one by the one configured client that has one of its names; an opaque
 * text by how it begins, a platform's document by its kind. All are unverified here and select, nothing more. Throws if two verifiers select the same: that
 * is a start-up error.
 */
export function createSelect(verifiers: readonly Verifier[]): Select {
  const prefixes = readPrefixes(verifiers)
  const table = new Map<Way, Map<string, Verifier>>()
  for (const verifier of verifiers) {
    for (const selector of verifier.selectors) {
      if (selector.form === 'key') continue
      const way = wayOf(selector)
      const chosen = table.get(way) ?? new Map<string, Verifier>()
      const other = chosen.get(selector.value)
      if (other)
        throw new Error(
          `\`${selector.value}\` is taken by both ${other.method} and ${verifier.method}: configure it once`,
        )
      table.set(way, chosen.set(selector.value, verifier))
    }
  }

  const taken = (way: Way, value: string, none: Refusal): Result<Verifier> => {
    const verifier = table.get(way)?.get(value)
    return verifier ? ok(verifier) : none
  }

  return function select(credential) {
    if (credential.form === 'key') return selectForKey(credential, prefixes)
    if (credential.form === 'certificate') return selectForCertificate(credential, table)
    if (credential.form === 'mac') return selectByIssuer('mac', credential.claims, table)
    if (credential.form === 'document') return taken('document platform', credential.scheme, noDocument)
    if (credential.form === 'signed-request') {
      return taken('signed-request algorithm', credential.signature.algorithm, noSignature)
    }
    const unverifiedSubject = stringMember(credential.jwt.claims, 'sub')
    if (credential.scheme === 'wit') return selectForWit(unverifiedSubject, table)
    if (credential.scheme === 'client-assertion' || isAssertion(credential.jwt.header)) {
      return taken('jwt assertion', 'jwt-bearer', noAssertion)
    }
    if (unverifiedSubject?.startsWith('spiffe://')) {
      return selectByDomain('jwt', unverifiedSubject, table)
    }
    const unverifiedIssuer = stringMember(credential.jwt.claims, 'iss')
    if (unverifiedIssuer?.includes('.SHA256:')) return taken('jwt fingerprint', 'SHA256', noFingerprint)
    return selectByIssuer('jwt', credential.jwt.claims, table)
  }
}

/** Keys of a scheme that begin so, and who takes them. */
interface Prefix {
  readonly scheme: KeyCredential['scheme']
  readonly value: string
  readonly verifier: Verifier
}

/** Such a type says that a client signed it itself, and no issuer (RFC 7523 §2.2 as updated). */
const isAssertion = ({ typ = '' }: Jwt['header']): boolean =>
  typ.toLowerCase().replace(/^application\//, '') === 'client-authentication+jwt'

const noAssertion = refuse(
  'CREDENTIAL_UNSUPPORTED',
  selectClauses.assertion,
  'assertions that clients sign themselves are not accepted here',
)
const noFingerprint = refuse(
  'CREDENTIAL_UNSUPPORTED',
  selectClauses.fingerprint,
  'tokens by the fingerprint of a key are not accepted here',
)
const noDocument = refuse(
  'CREDENTIAL_UNSUPPORTED',
  selectClauses.document,
  'documents of this platform are not accepted here',
)
const noSignature = refuse(
  'CREDENTIAL_UNSUPPORTED',
  selectClauses.signedRequest,
  'requests signed so are not accepted here',
)

function readPrefixes(verifiers: readonly Verifier[]): readonly Prefix[] {
  const prefixes: Prefix[] = []
  for (const verifier of verifiers) {
    for (const selector of verifier.selectors) {
      if (selector.form !== 'key') continue
      const { scheme, value } = selector
      const overlaps = (other: string) => other.startsWith(value) || value.startsWith(other)
      const other = prefixes.find((each) => each.scheme === scheme && overlaps(each.value))
      if (other)
        throw new Error(
          `opaque tokens of the scheme ${scheme} would be taken by both ${other.verifier.method} and ${verifier.method}: give each a prefix that the other does not begin with`,
        )
      prefixes.push({ scheme, value, verifier })
    }
  }
  return prefixes
}

function selectForKey({ scheme, text }: KeyCredential, prefixes: readonly Prefix[]): Result<Verifier> {
  const found = prefixes.find((each) => each.scheme === scheme && text.startsWith(each.value))
  return found
    ? ok(found.verifier)
    : refuse('CREDENTIAL_UNSUPPORTED', selectClauses.key, 'no verifier takes opaque tokens or keys of this kind here')
}

type NotKey = Exclude<Selector, { readonly form: 'key' }>

/** A way of choosing: the form of the credential, and by what of it. */
type Way = NotKey extends infer Each ? (Each extends NotKey ? `${Each['form']} ${Each['by']}` : never) : never
type Table = ReadonlyMap<Way, ReadonlyMap<string, Verifier>>

function selectForCertificate({ uris, names }: CertificateCredential, table: Table): Result<Verifier> {
  const unverifiedId = uris.find(isSpiffeUri)
  if (unverifiedId !== undefined) return selectByDomain('certificate', unverifiedId, table)
  // each entry is of one client, so two entries are two clients, of one verifier or not
  const [found, second] = names.flatMap(({ by, value }) => table.get(`certificate ${by}`)?.get(value) ?? [])
  if (!found) {
    const detail = 'certificate has no SPIFFE ID, and none of the names of a configured client'
    return refuse('CREDENTIAL_UNSUPPORTED', selectClauses.certificate, detail)
  }
  return second
    ? refuse('CREDENTIAL_AMBIGUOUS', selectClauses.oneClient, 'certificate has the names of more than one client')
    : ok(found)
}

function selectByIssuer(form: 'jwt' | 'mac', claims: JsonObject, table: Table): Result<Verifier> {
  const unverifiedIssuer = stringMember(claims, 'iss')
  if (unverifiedIssuer === undefined) {
    return refuse('CREDENTIAL_MALFORMED', selectClauses.noIssuer, 'token names no issuer and no SPIFFE ID')
  }
  const verifier = table.get(`${form} issuer`)?.get(unverifiedIssuer)
  return verifier ? ok(verifier) : refuse('ISSUER_UNKNOWN', selectClauses.issuer, 'issuer is not configured')
}

/** By the trust domain in `sub` alone: `iss` of such a token leads nowhere (draft-ietf-wimse-workload-creds). */
function selectForWit(unverifiedSubject: string | undefined, table: Table): Result<Verifier> {
  return unverifiedSubject?.startsWith('spiffe://')
    ? selectByDomain('wit', unverifiedSubject, table)
    : refuse(
        'CREDENTIAL_UNSUPPORTED',
        selectClauses.wit,
        'workload identity tokens are accepted with a SPIFFE ID alone',
      )
}

function selectByDomain(form: 'jwt' | 'wit' | 'certificate', unverifiedId: string, table: Table): Result<Verifier> {
  const slash = unverifiedId.indexOf('/', spiffe.length)
  const domain = unverifiedId.slice(spiffe.length, slash < 0 ? undefined : slash)
  const verifier = table.get(`${form} trust-domain`)?.get(domain)
  return verifier ? ok(verifier) : refuse('ISSUER_UNKNOWN', selectClauses.trustDomain, 'trust domain is not configured')
}

const spiffe = 'spiffe://'

// the template literal of a union's members; `form` and `by` of one selector belong together
const wayOf = ({ form, by }: NotKey): Way => `${form} ${by}` as Way
