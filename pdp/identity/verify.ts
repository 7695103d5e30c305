import { askDigest } from '../core/ask-digest.ts'
import type { Ask } from '../core/ask.ts'
import { type Assurance, type Caller, type CallerFacts, type CredentialProvenance, mintCaller } from '../core/caller.ts'
import { clauses } from '../core/clause.ts'
import { sha256 } from '../core/digest.ts'
import type { Frame } from '../core/frame.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type { Service } from '../core/service.ts'
import { between, earliest, type Instant, toRfc3339 } from '../core/time.ts'
import type { Credential, PresentedProof } from '../core/credential.ts'
import type { Expected, FirstUse, Proof, RevocationKey, RevocationView, Use, Verified, Verifier } from '../seams.ts'
import { assuranceOf } from './assurance.ts'
import { bind, certificateBinding } from './bind.ts'
import { type FoundCredential, findEvidence } from './evidence.ts'
import { followHop, type Hop } from './forwarded/follow-hop.ts'
import { checkDemands, endOf } from './demands.ts'
import { type Joined, join } from './join.ts'
import { createIsLinked, type Link } from './links.ts'
import { createSelect } from './select.ts'
import { isSoundVerified } from './sound.ts'
import { adviceOf, checkSunset, type Sunsets } from './sunset.ts'
import { withoutChallenge } from './without-challenge.ts'

export const verifyClauses = clauses({
  missing: 'identity-required',
  sound: 'verifier-answer-sound',
  proofAlone: 'evidence-proof-without-credential',
  revoked: 'revocation',
  revocationKnown: 'revocation-known',
  replayed: 'first-use',
  firstUseKnown: 'first-use-known',
})

/** What the first gate is made of. `open` takes a token apart, remembering which signatures were good. */
export interface VerifyParts {
  readonly verifiers: readonly Verifier[]
  readonly proofs: readonly Proof[]
  readonly open: (found: FoundCredential) => Result<Credential>
  readonly firstUse: FirstUse
  readonly revocation: RevocationView
  readonly links?: readonly Link[]
  readonly sunsets?: Sunsets
}

/** The first gate: evidence of an ask → the one verified caller, or the refusal. */
export type Verify = (ask: Ask, frame: Frame) => Promise<Result<Caller>>

/**
 * Builds the first gate. The order is the contract: what was presented, each credential by its one verifier, bindings,
 * one subject, what the service demands of it, revocation, and single use last of all, so that a refused ask uses nothing up.
 */
export function createVerify({
  verifiers,
  proofs,
  open,
  firstUse,
  revocation,
  links = [],
  sunsets = new Map(),
}: VerifyParts): Verify {
  const select = createSelect(verifiers)
  const isLinked = createIsLinked(links)

  const openAll = (found: readonly FoundCredential[]): Result<readonly Credential[]> => {
    const opened: Credential[] = []
    for (const each of found) {
      const credential = open(each)
      if (!credential.ok) return credential
      opened.push(credential.value)
    }
    return ok(opened)
  }

  async function verifyEach(credentials: readonly Credential[], expected: Expected, frame: Frame) {
    const all: { readonly credential: Credential; readonly verified: Verified }[] = []
    for (const credential of credentials) {
      const verifier = select(credential)
      if (!verifier.ok) {
        if (isProofAlone(credential, all)) continue
        return verifier
      }
      const verified = sound(await verifier.value.verify(credential, expected, frame))
      if (!verified.ok) return verified
      all.push({ credential, verified: verified.value })
    }
    return ok(all)
  }

  async function verifyPeer(peer: FoundCredential, expected: Expected, frame: Frame): Promise<Result<Verified>> {
    const credential = open(peer)
    if (!credential.ok) return credential
    const verifier = select(credential.value)
    return verifier.ok ? sound(await verifier.value.verify(credential.value, expected, frame)) : verifier
  }

  async function judge(ask: Ask, frame: Frame): Promise<Result<Caller>> {
    // only where policy judges all that was presented: on a door that makes no document, nobody is let in so
    if (ask.service.identity === 'policy' && ask.document) return ok(anonymous(frame))
    const found = findEvidence(ask)
    if (!found.ok) return found
    const expected: Expected = {
      service: ask.service,
      headerValues: (name) => headerValuesOf(ask, name),
      headerNames: () => headerNamesOf(ask),
      ...(ask.request && { request: ask.request }),
      ...(ask.pep.vouch.sourceAddress && ask.evidence.sourceAddress && { sourceAddress: ask.evidence.sourceAddress }),
    }
    const followed = await followHop(found.value, ask.pep.vouch, (peer) => verifyPeer(peer, expected, frame))
    if (!followed.ok) return followed
    const { hop } = followed.value
    if (followed.value.credentials.length === 0) return withoutCredential(ask, found.value.proofs.length, frame)
    const credentials = openAll(followed.value.credentials)
    if (!credentials.ok) return credentials
    const verified = await verifyEach(credentials.value, expected, frame)
    if (!verified.ok) return verified
    const shown = withCertificates(found.value.proofs, credentials.value)
    const bound = await bind(verified.value, shown, proofs, expected, frame)
    if (!bound.ok) return bound
    const joined = join(bound.value, isLinked)
    if (!joined.ok) return joined
    const assurance = assuranceOf(joined.value, frame.now)
    const refusal =
      checkSunset(joined.value, sunsets, frame.now) ??
      checkDemands(joined.value, assurance, ask.service, frame.now) ??
      checkRevocation(joined.value, hop, revocation) ??
      (await claimUses(joined.value, ask, frame, firstUse))
    if (refusal) return refusal
    const advice = adviceOf(joined.value, assurance, sunsets)
    const caller = callerOf(joined.value, assurance, ask.service, frame, hop)
    return ok(mintCaller(advice ? { ...caller, advice } : caller))
  }

  return async function verify(ask, frame) {
    const answer = await judge(ask, frame)
    return answer.ok ? answer : withoutChallenge(answer, ask.evidence)
  }
}

/** What proofs may cover: evidence, what policy sees, and what the service lists. */
const headerValuesOf = ({ evidence, request }: Ask, name: string): readonly string[] =>
  evidence.headers.get(name) ??
  evidence.covered?.get(name) ??
  (request && Object.hasOwn(request.headers, name) ? request.headers[name] : undefined) ??
  []

const headerNamesOf = ({ evidence, request }: Ask): readonly string[] => [
  ...new Set([...evidence.headers.keys(), ...(evidence.covered?.keys() ?? []), ...Object.keys(request?.headers ?? {})]),
]

/** A verifier's answer, if it is one. */
function sound(answer: Result<Verified>): Result<Verified> {
  if (answer.ok === false) return answer
  return answer.ok === true && isSoundVerified(answer.value)
    ? ok(answer.value)
    : refuse('INTERNAL', verifyClauses.sound, 'a verifier accepted a credential without saying whose')
}

/** A certificate is shown as the proof of what may be bound to it, beside standing for itself. */
function withCertificates(
  proofs: readonly PresentedProof[],
  credentials: readonly Credential[],
): readonly PresentedProof[] {
  const certificates = credentials.filter((credential) => credential.form === 'certificate')
  return certificates.length === 0
    ? proofs
    : [...proofs, ...certificates.map(({ thumbprint }) => ({ kind: certificateBinding, text: thumbprint }))]
}

/**
 * RFC 8705 §2.2, §3: a token may be bound to a certificate that nobody here vouches for, such as a self-signed one. That
 * certificate says nothing about the caller then, but that it is the one the token was issued to.
 */
const isProofAlone = (credential: Credential, verified: readonly { readonly verified: Verified }[]): boolean =>
  credential.form === 'certificate' &&
  verified.some(({ verified: { confirmation } }) => confirmation?.x5tS256 === credential.thumbprint)

function withoutCredential(ask: Ask, proofs: number, frame: Frame): Result<Caller> {
  if (proofs > 0) return refuse('CREDENTIAL_MISSING', verifyClauses.proofAlone, 'a proof was sent without a credential')
  const { identity, minimumAssurance, maxAttestationAge } = ask.service
  if (identity !== 'optional' || minimumAssurance !== undefined || maxAttestationAge !== undefined) {
    return refuse('CREDENTIAL_MISSING', verifyClauses.missing, 'this service needs a credential')
  }
  return ok(anonymous(frame))
}

function anonymous(frame: Frame): Caller {
  const nobody = { attested: {}, attestedSources: {}, verified: [], provenance: [], delegation: [], reusable: true }
  return mintCaller({ ...nobody, ask: frame.id, expiresAt: Number.POSITIVE_INFINITY as Instant }) // never ends by itself
}

function checkRevocation({ presented }: Joined, hop: Hop | undefined, revocation: RevocationView): Refusal | undefined {
  const keys: RevocationKey[] = []
  for (const { verified, possession } of presented) {
    keys.push(...verified.revocable)
    if (possession) keys.push(...possession.revocable)
  }
  if (hop) keys.push(...hop.verified.revocable)
  const found = revocation.find(keys)
  if (found === 'clear') return undefined
  return found === 'unconfirmed'
    ? refuse(
        'REVOCATION_UNAVAILABLE',
        verifyClauses.revocationKnown,
        'whether the credential is revoked cannot be told',
      )
    : refuse('REVOKED', verifyClauses.revoked, 'credential, key or subject is revoked')
}

async function claimUses(
  { presented }: Joined,
  ask: Ask,
  frame: Frame,
  firstUse: FirstUse,
): Promise<Refusal | undefined> {
  const uses: Use[] = []
  for (const { verified, possession } of presented) {
    uses.push(...verified.once)
    if (possession) uses.push(...possession.once)
  }
  if (uses.length === 0) return undefined
  const answer = await firstUse.claim(uses, askDigest(ask, frame), frame)
  if (answer === 'first' || answer === 'same-ask') return undefined
  return answer === 'used'
    ? refuse('REPLAYED', verifyClauses.replayed, 'a single-use id was used before')
    : refuse('FIRST_USE_UNAVAILABLE', verifyClauses.firstUseKnown, 'whether a single-use id is new cannot be told')
}

function callerOf(
  joined: Joined,
  assurance: Assurance,
  service: Service,
  frame: Frame,
  hop: Hop | undefined,
): CallerFacts {
  const { primary, all, presented, facts, delegation } = joined
  const { issuer, id, spiffe } = primary.verified.subject
  const attested: Record<string, string> = {} // configuration gives facts their names: none is `__proto__`
  const attestedSources: Record<string, string> = {}
  for (const { name, value, source } of facts) {
    attested[name] = value
    attestedSources[name] = source
  }
  const nextNonce = presented.find(({ possession }) => possession?.nextNonce !== undefined)?.possession?.nextNonce
  const end = endOf(joined, service)
  return {
    ask: frame.id,
    subject: {
      issuer,
      id,
      ...(spiffe && { trust_domain: spiffe.trustDomain, path: spiffe.path }),
      methods: all.flatMap(({ verified, possession }) =>
        possession ? [verified.method, possession.method] : [verified.method],
      ),
      assurance,
    },
    attested,
    attestedSources,
    verified: all.map(({ verified, possession }) => ({
      method: verified.method,
      issuer: verified.subject.issuer,
      claims: verified.claims,
      expires_at: toRfc3339(verified.expiresAt),
      ...(verified.attestedAt !== undefined && { attested_at: toRfc3339(verified.attestedAt) }),
      ...(possession && { key_thumbprint: possession.keyThumbprint }),
      ...(hop && possession?.possession === 'channel' && { via: hop.id }),
    })),
    provenance: all.map(({ verified }) => provenanceOf(verified, frame.now)),
    delegation,
    ...(nextNonce !== undefined && { nextNonce }),
    expiresAt: hop ? earliest(end, hop.verified.expiresAt) : end,
    reusable: presented.every(
      ({ verified, possession }) => verified.once.length === 0 && possession?.possession !== 'request',
    ),
  }
}

function provenanceOf({ revocable, trustAsOf }: Verified, now: Instant): CredentialProvenance {
  const of = (kind: 'jti' | 'key-id') => revocable.find(({ by }) => by === kind)?.id
  const [jti, kid] = [of('jti'), of('key-id')]
  return {
    ...(jti !== undefined && { jti: sha256(jti) }),
    ...(kid !== undefined && { kid: sha256(kid) }),
    ...(trustAsOf !== undefined && { trustAgeSeconds: Math.max(0, Math.floor(between(trustAsOf, now))) }),
  }
}
