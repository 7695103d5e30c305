import { type Clause, clauses } from '../core/clause.ts'
import type { Frame } from '../core/frame.ts'
import { type Challenge, ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type {
  CertificateCredential,
  Credential,
  JwtCredential,
  KeyCredential,
  MacCredential,
  PresentedProof,
  SignedRequestCredential,
} from '../core/credential.ts'
import type { Expected, Possession, Proof, Verified } from '../seams.ts'
import { isSoundPossession } from './sound.ts'

export const bindClauses = clauses({
  downgrade: 'rfc9449-7.2-bound-token-as-bearer',
  proofMissing: 'rfc9449-7.1-proof-present',
  unbound: 'rfc9449-7.1-token-bound',
  dpopUnused: 'rfc9449-7.1-proof-without-bound-token',
  proofUnused: 'proof-of-a-presented-token',
  oneProof: 'one-proof-for-a-token',
  confirmation: 'rfc7800-3.1-confirmation-supported',
  proofKind: 'proof-kind-supported',
  sound: 'proof-answer-sound',
  certificateMissing: 'rfc8705-3-certificate-present',
  witProof: 'wit-svid-5-proof-present',
  signatureMissing: 'rfc7800-3.2-signature-present',
})

/** A verified credential with the possession that was shown for it, if its binding asked for one. */
export interface Bound {
  readonly verified: Verified
  readonly possession?: Possession
}

/** The kind of the proof that a certificate is for a token bound to it. */
export const certificateBinding = 'certificate-binding'

/**
 * Checks every binding: a bound token needs its proof, and a proof needs a token bound to its key, but for a certificate,
 * which speaks for itself too. Its handshake showed possession of its key. Possession is set here and nowhere else.
 */
export async function bind(
  presented: readonly { readonly credential: Credential; readonly verified: Verified }[],
  found: readonly PresentedProof[],
  proofs: readonly Proof[],
  expected: Expected,
  frame: Frame,
): Promise<Result<readonly Bound[]>> {
  const bound: Bound[] = []
  const served = new Set<string>()
  const unused = new Set(found.filter(({ kind }) => kind !== certificateBinding))
  for (const { credential, verified } of presented) {
    if (credential.form === 'certificate') {
      bound.push({ verified, possession: channelOf(credential) })
      continue
    }
    if (credential.form === 'signed-request') {
      bound.push({ verified, possession: signedWith(credential) })
      continue
    }
    if (credential.form === 'document') {
      bound.push({ verified }) // about a machine, and of no key
      continue
    }
    const need = needOf(credential, verified)
    if (!('kinds' in need)) return need
    if (need.kinds.length === 0) {
      bound.push({ verified })
      continue
    }
    const presentedProof = found.find(({ kind }) => need.kinds.includes(kind))
    if (!presentedProof) return need.missing
    const proof = proofs.find(({ kind }) => kind === presentedProof.kind)
    if (!proof) return refuse('PROOF_INVALID', bindClauses.proofKind, 'proofs of this kind are not accepted here')
    const possession = await proof.check(presentedProof, verified, { ...expected, credential }, frame)
    if (possession.ok === false) return possession
    const { jkt, x5tS256, key } = verified.confirmation ?? {}
    if (possession.ok !== true || !isSoundPossession(possession.value, jkt ?? x5tS256 ?? key?.id)) {
      return refuse('INTERNAL', bindClauses.sound, 'a proof was accepted without showing the bound key')
    }
    unused.delete(presentedProof)
    for (const kind of need.kinds) served.add(kind)
    bound.push({ verified, possession: possession.value })
  }
  const [second] = unused
  return second ? refuseUnused(second, served) : ok(bound)
}

/** A proof that no token took. `served`: the kinds that would have done for a token which has its proof. */
function refuseUnused({ kind }: PresentedProof, served: ReadonlySet<string>): Refusal {
  if (served.has(kind)) return refuse('PROOF_INVALID', bindClauses.oneProof, 'two proofs for one token: send one')
  const clause = kind === 'dpop' ? bindClauses.dpopUnused : bindClauses.proofUnused
  return refuse('PROOF_INVALID', clause, 'a proof was sent and no token is bound to its key')
}

/** RFC 8446 §4.4.3: who completes a handshake with a certificate holds its key; the enforcement point saw it do so. */
const channelOf = ({ thumbprint }: CertificateCredential): Possession => ({
  method: 'tls-handshake',
  possession: 'channel',
  keyThumbprint: thumbprint,
  once: [],
  revocable: [{ by: 'key-thumbprint', id: thumbprint }], // as records show it
})

/** The signature is over this very request. Its secret is known by the id of its key alone, which records show. */
const signedWith = ({ signature: { accessKeyId } }: SignedRequestCredential): Possession => ({
  method: 'request-signature',
  possession: 'request',
  keyThumbprint: accessKeyId,
  once: [],
  revocable: [],
})

/** The kinds of proof of which a credential needs one, and the refusal where none was sent. */
interface Need {
  readonly kinds: readonly string[]
  readonly missing: Refusal
}

const needed = (clause: Clause, detail: string, challenge?: Challenge): Refusal =>
  refuse('PROOF_REQUIRED', clause, detail, challenge)

const needs = {
  nothing: { kinds: [], missing: needed(bindClauses.confirmation, 'token is not bound') },
  dpop: {
    kinds: ['dpop'],
    missing: needed(bindClauses.proofMissing, 'token is bound to a key: send a DPoP proof', { scheme: 'DPoP' }),
  },
  certificate: {
    kinds: [certificateBinding],
    missing: needed(
      bindClauses.certificateMissing,
      'token is bound to a certificate: the enforcement point must send that of its TLS client',
    ),
  },
  wit: {
    kinds: ['wpt', 'http-signature'],
    missing: needed(bindClauses.witProof, 'send a Workload-Proof-Token or a signature with the token'),
  },
  signature: {
    kinds: ['http-signature'],
    missing: needed(bindClauses.signatureMissing, 'token is bound to a key: sign the request with it'),
  },
} as const satisfies Readonly<Record<string, Need>>

/** What a token needs as it was presented. A workload identity token is nothing without a proof. */
function needOf(credential: JwtCredential | MacCredential | KeyCredential, { confirmation }: Verified): Need | Refusal {
  const { scheme } = credential
  if (scheme === 'dpop' && confirmation?.jkt === undefined) {
    return refuse('PROOF_INVALID', bindClauses.unbound, 'scheme DPoP with a token that is not bound to a key')
  }
  if (scheme === 'wit') return needs.wit
  if (!confirmation) return needs.nothing
  if (confirmation.jkt !== undefined) {
    return scheme === 'dpop'
      ? needs.dpop
      : needed(bindClauses.downgrade, 'token is bound to a key: use the scheme DPoP and a proof', { scheme: 'DPoP' })
  }
  if (confirmation.x5tS256 !== undefined) return needs.certificate
  if (confirmation.key) return needs.signature
  return needed(bindClauses.confirmation, 'token is bound in a way that is not accepted here')
}
