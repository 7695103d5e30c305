import type { Ask } from '../core/ask.ts'
import { type Clause, clauses } from '../core/clause.ts'
import type { EvidenceHeader } from '../core/evidence-headers.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import {
  type CertificateCredential,
  type DocumentCredential,
  documentSchemes,
  type JwtCredential,
  type KeyCredential,
  type PresentedProof,
  type SignedRequestCredential,
} from '../core/credential.ts'
import { isSignedQuery } from './sigv4/read-signature.ts'

export const evidenceClauses = clauses({
  oneValue: 'evidence-one-value-per-slot',
  oneDpop: 'rfc9449-4.3.1-one-proof',
  oneAuthorization: 'rfc9110-11.6.2-one-authorization',
  oneWit: 'wimse-wit-one-token',
  oneWpt: 'wimse-wpt-one-proof',
  signatureWhole: 'rfc9421-4-signature-with-input',
  scheme: 'rfc9110-11.4-authorization-form',
  schemeUnsupported: 'evidence-scheme-supported',
  bodyType: 'evidence-body-type',
  oneSecret: 'rfc6749-2.3.1-basic-or-body',
  attestation: 'workload-attestation-form',
  vouch: 'hop-rule-vouch-peer-certificate',
  oneSignature: 'sigv4-header-or-query',
  oneAssertion: 'rfc6749-2.3-one-client-authentication',
})

/** A credential found in evidence, by the form of its text alone. */
export type FoundCredential =
  | { readonly form: 'jwt'; readonly scheme: JwtCredential['scheme']; readonly text: string }
  | { readonly form: 'key'; readonly scheme: KeyCredential['scheme']; readonly text: string }
  | { readonly form: 'certificate'; readonly scheme: CertificateCredential['scheme']; readonly text: string }
  | { readonly form: 'signed-request'; readonly scheme: SignedRequestCredential['scheme']; readonly text: string }
  | { readonly form: 'document'; readonly scheme: DocumentCredential['scheme']; readonly text: string }

/** A certificate that some proxy says it saw; whether its word is taken is asked by the hop rule. */
export interface ForwardedCertificate {
  readonly header: 'x-forwarded-client-cert' | 'client-cert' | 'client-cert-chain'
  readonly text: string
}

/** What an ask presents. Everything empty means no evidence at all. */
export interface FoundEvidence {
  readonly credentials: readonly FoundCredential[]
  readonly proofs: readonly PresentedProof[]
  readonly forwarded: readonly ForwardedCertificate[]
}

type Found =
  | { readonly credential: FoundCredential }
  | { readonly proof: PresentedProof }
  | { readonly forwarded: ForwardedCertificate }
  | { readonly signatureInput: string }

/** One place where evidence can stand. A slot takes one value; `read` says what that value is. */
interface Slot<Name extends string = string> {
  readonly name: Name
  readonly oneValue: Clause
  readonly read: (value: string) => Result<Found>
}

const forwarded = <Name extends ForwardedCertificate['header']>(header: Name): Slot<Name> => ({
  name: header,
  oneValue: evidenceClauses.oneValue,
  read: (text) => ok({ forwarded: { header, text } }),
})

/**
 * Every header that carries evidence. One that nothing here can check is refused, never ignored: its sender meant it.
 */
const headerSlots: { readonly [Name in EvidenceHeader]: Slot<Name> } = {
  authorization: { name: 'authorization', oneValue: evidenceClauses.oneAuthorization, read: readAuthorization },
  dpop: { name: 'dpop', oneValue: evidenceClauses.oneDpop, read: readProof },
  'x-api-key': { name: 'x-api-key', oneValue: evidenceClauses.oneValue, read: readApiKey },
  'workload-identity-token': {
    name: 'workload-identity-token',
    oneValue: evidenceClauses.oneWit,
    read: (text) => ok({ credential: { form: 'jwt', scheme: 'wit', text } }),
  },
  'workload-proof-token': {
    name: 'workload-proof-token',
    oneValue: evidenceClauses.oneWpt,
    read: (text) => ok({ proof: { kind: 'wpt', text } }),
  },
  signature: {
    name: 'signature',
    oneValue: evidenceClauses.oneValue, // a dictionary: it may hold commas
    read: (text) => ok({ proof: { kind: 'http-signature', text } }),
  },
  'signature-input': {
    name: 'signature-input',
    oneValue: evidenceClauses.oneValue,
    read: (text) => ok({ signatureInput: text }),
  },
  'workload-attestation': { name: 'workload-attestation', oneValue: evidenceClauses.oneValue, read: readAttestation },
  'x-forwarded-client-cert': forwarded('x-forwarded-client-cert'),
  'client-cert': forwarded('client-cert'),
  'client-cert-chain': forwarded('client-cert-chain'),
}

/** Types of `credentials[]` in a body. */
const bodySlots: readonly Slot[] = [
  { name: 'bearer', oneValue: evidenceClauses.oneValue, read: (text) => ok(token('bearer', text)) },
  { name: 'dpop', oneValue: evidenceClauses.oneValue, read: (text) => ok(token('dpop', text)) },
  { name: 'dpop-proof', oneValue: evidenceClauses.oneDpop, read: readProof },
  { name: 'api-key', oneValue: evidenceClauses.oneValue, read: readApiKey },
  ...documentSchemes.map(
    (scheme): Slot => ({
      name: scheme,
      oneValue: evidenceClauses.oneValue,
      read: (text) => ok({ credential: { form: 'document', scheme, text } }),
    }),
  ),
  { name: 'client-secret', oneValue: evidenceClauses.oneValue, read: (text) => ok(secret('form', text)) },
  {
    name: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    oneValue: evidenceClauses.oneAssertion,
    read: (text) => ok({ credential: { form: 'jwt', scheme: 'client-assertion', text } }),
  },
]

function readProof(text: string): Result<Found> {
  return ok({ proof: { kind: 'dpop', text } })
}

/** A kind of document, one space, the document. */
function readAttestation(value: string): Result<Found> {
  const [name, text = '', ...rest] = value.split(' ')
  const scheme = documentSchemes.find((each) => each === name)
  if (!scheme || text === '' || rest.length > 0) {
    const detail = `workload-attestation must be ${documentSchemes.join(' or ')}, one space, one document`
    return refuse('CREDENTIAL_MALFORMED', evidenceClauses.attestation, detail)
  }
  return ok({ credential: { form: 'document', scheme, text } })
}

function readApiKey(text: string): Result<Found> {
  return ok({ credential: { form: 'key', scheme: 'api-key', text } })
}

/** Finds what was presented. Two values for one slot, or evidence nobody here can check, is a refusal. */
export function findEvidence({ evidence, pep, request }: Ask): Result<FoundEvidence> {
  const credentials: FoundCredential[] = []
  const proofs: PresentedProof[] = []
  const forwarded: ForwardedCertificate[] = []
  let signatureInput: string | undefined
  const take = (slot: Slot, values: readonly string[]): Refusal | undefined => {
    const [value, second] = values
    if (value === undefined) return undefined
    // a list-valued header line was joined with commas on its way; few values hold one of their own
    if (second !== undefined || (value.includes(',') && !mayHoldCommas(slot, value))) {
      return refuse('CREDENTIAL_AMBIGUOUS', slot.oneValue, `more than one value for \`${slot.name}\``)
    }
    const found = slot.read(value)
    if (!found.ok) return found
    if ('credential' in found.value) credentials.push(found.value.credential)
    else if ('proof' in found.value) proofs.push(found.value.proof)
    else if ('forwarded' in found.value) forwarded.push(found.value.forwarded)
    else signatureInput = found.value.signatureInput
    return undefined
  }
  for (const [name, values] of evidence.headers) {
    const refusal = isEvidenceHeader(name) ? take(headerSlots[name], values) : undefined
    if (refusal) return refusal
  }
  if (isSignedQuery(request?.rawQuery)) {
    if (credentials.some(({ scheme }) => scheme === 'aws4')) {
      return refuse(
        'CREDENTIAL_AMBIGUOUS',
        evidenceClauses.oneSignature,
        'request is signed in a header and in its query',
      )
    }
    credentials.push({ form: 'signed-request', scheme: 'aws4', text: request?.rawQuery ?? '' })
  }
  if (evidence.credentials.length > 0) {
    const refusal = takeBody(evidence.credentials, take)
    if (refusal) return refusal
  }
  if (evidence.certificate !== undefined) {
    if (pep.vouch.peerCertificate !== true) {
      return refuse(
        'VOUCH_REFUSED',
        evidenceClauses.vouch,
        'set vouch.peer_certificate for this enforcement point or do not send a certificate',
      )
    }
    credentials.push({ form: 'certificate', scheme: 'tls', text: evidence.certificate }) // last: a token may be bound to it
  }
  const has = (wanted: FoundCredential['scheme']) => credentials.some(({ scheme }) => scheme === wanted)
  if (has('basic') && has('form')) {
    return refuse('CREDENTIAL_AMBIGUOUS', evidenceClauses.oneSecret, 'a client secret by Basic and as a form: send one')
  }
  const whole = withInput(proofs, signatureInput)
  return whole.ok ? ok({ credentials, proofs: whole.value, forwarded }) : whole
}

/** RFC 9421 §4: `Signature` and `Signature-Input` are one; either alone says nothing. */
function withInput(proofs: readonly PresentedProof[], input: string | undefined): Result<readonly PresentedProof[]> {
  const signed = proofs.some(({ kind }) => kind === 'http-signature')
  if (signed !== (input !== undefined)) {
    return refuse('PROOF_INVALID', evidenceClauses.signatureWhole, 'signature and signature-input go together')
  }
  if (input === undefined) return ok(proofs)
  return ok(proofs.map((proof) => (proof.kind === 'http-signature' ? { ...proof, input } : proof)))
}

function takeBody(
  presented: Ask['evidence']['credentials'],
  take: (slot: Slot, values: readonly string[]) => Refusal | undefined,
): Refusal | undefined {
  if (presented.some(({ type }) => !bodySlots.some(({ name }) => name === type))) {
    return refuse(
      'CREDENTIAL_UNSUPPORTED',
      evidenceClauses.bodyType,
      `credential type must be one of ${bodySlots.map(({ name }) => name).join(', ')}`,
    )
  }
  for (const slot of bodySlots) {
    const refusal = take(
      slot,
      presented.filter(({ type }) => type === slot.name).map(({ token }) => token),
    )
    if (refusal) return refusal
  }
  return undefined
}

const isEvidenceHeader = (name: string): name is EvidenceHeader => Object.hasOwn(headerSlots, name)

/** Schemes with one token68 (RFC 9110 §11.4). */
const schemes: Readonly<Record<string, (text: string) => Found>> = {
  bearer: (text) => token('bearer', text),
  dpop: (text) => token('dpop', text),
  basic: (text) => secret('basic', text),
}

/** Dictionaries and lists of parameters: what they may hold is judged where they are read. */
const mayHoldCommas = ({ oneValue }: Slot, value: string): boolean =>
  oneValue === evidenceClauses.oneValue || (oneValue === evidenceClauses.oneAuthorization && value.startsWith('AWS4-'))

function readAuthorization(value: string): Result<Found> {
  if (value.startsWith('AWS4-')) return ok({ credential: { form: 'signed-request', scheme: 'aws4', text: value } })
  const space = value.indexOf(' ')
  const name = (space < 0 ? value : value.slice(0, space)).toLowerCase()
  const found = Object.hasOwn(schemes, name) ? schemes[name] : undefined
  if (!found) {
    return refuse(
      'CREDENTIAL_UNSUPPORTED',
      evidenceClauses.schemeUnsupported,
      'authorization scheme must be Bearer, DPoP, Basic or AWS4-HMAC-SHA256',
    )
  }
  const text = space < 0 ? '' : value.slice(space + 1)
  if (text === '' || text.includes(' '))
    return refuse(
      'CREDENTIAL_MALFORMED',
      evidenceClauses.scheme,
      'authorization must be a scheme, one space, one token',
    )
  return ok(found(text))
}

const secret = (scheme: 'basic' | 'form', text: string): Found => ({ credential: { form: 'key', scheme, text } })

// Three segments look like a JWT and are read as one, strictly; anything else is opaque, under either scheme.
const token = (scheme: 'bearer' | 'dpop', text: string): Found => ({
  credential: { form: hasTwoDots(text) ? 'jwt' : 'key', scheme, text },
})

function hasTwoDots(text: string): boolean {
  const first = text.indexOf('.')
  const second = first < 0 ? -1 : text.indexOf('.', first + 1)
  return second >= 0 && !text.includes('.', second + 1)
}
