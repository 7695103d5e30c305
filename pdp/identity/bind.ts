import { clauses } from '../core/clause.ts'
import type { Frame } from '../core/frame.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type {
  CertificateCredential,
  Credential,
  Expected,
  JwtCredential,
  KeyCredential,
  Possession,
  PresentedProof,
  Proof,
  Verified,
} from '../seams.ts'
import { isSoundPossession } from './sound.ts'

export const bindClauses = clauses({
  downgrade: 'rfc9449-7.2-bound-token-as-bearer',
  proofMissing: 'rfc9449-7.1-proof-present',
  unbound: 'rfc9449-7.1-token-bound',
  proofUnused: 'rfc9449-7.1-proof-without-bound-token',
  confirmation: 'rfc7800-3.1-confirmation-supported',
  proofKind: 'proof-kind-supported',
  sound: 'proof-answer-sound',
  certificateMissing: 'rfc8705-3-certificate-present',
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
  const unused = new Set(found.filter(({ kind }) => kind !== certificateBinding))
  for (const { credential, verified } of presented) {
    if (credential.form === 'certificate') {
      bound.push({ verified, possession: channelOf(credential) })
      continue
    }
    const need = needOf(credential, verified)
    if (typeof need === 'object') return need
    if (need === 'none') {
      bound.push({ verified })
      continue
    }
    const presentedProof = found.find(({ kind }) => kind === need)
    if (!presentedProof) return missing[need]
    const proof = proofs.find(({ kind }) => kind === need)
    if (!proof) return refuse('PROOF_INVALID', bindClauses.proofKind, 'proofs of this kind are not accepted here')
    const possession = await proof.check(presentedProof, verified, { ...expected, credential }, frame)
    if (possession.ok !== true) return possession
    if (!isSoundPossession(possession.value, verified.confirmation?.jkt ?? verified.confirmation?.x5tS256)) {
      return refuse('INTERNAL', bindClauses.sound, 'a proof was accepted without showing the bound key')
    }
    unused.delete(presentedProof)
    bound.push({ verified, possession: possession.value })
  }
  if (unused.size > 0) {
    return refuse('PROOF_INVALID', bindClauses.proofUnused, 'a proof was sent and no token is bound to its key')
  }
  return ok(bound)
}

/** RFC 8446 §4.4.3: who completes a handshake with a certificate holds its key; the enforcement point saw it do so. */
const channelOf = ({ thumbprint }: CertificateCredential): Possession => ({
  method: 'tls-handshake',
  possession: 'channel',
  keyThumbprint: thumbprint,
  once: [],
  revocable: [{ by: 'key-thumbprint', id: thumbprint }], // as records show it
})

const missing = {
  dpop: refuse('PROOF_REQUIRED', bindClauses.proofMissing, 'token is bound to a key: send a DPoP proof', {
    scheme: 'DPoP',
  }),
  [certificateBinding]: refuse(
    'PROOF_REQUIRED',
    bindClauses.certificateMissing,
    'token is bound to a certificate: the enforcement point must send that of its TLS client',
  ),
} as const

/** The kind of proof a token needs as it was presented. */
function needOf(
  credential: JwtCredential | KeyCredential,
  { confirmation }: Verified,
): 'none' | keyof typeof missing | Refusal {
  if (credential.scheme === 'dpop' && confirmation?.jkt === undefined) {
    return refuse('PROOF_INVALID', bindClauses.unbound, 'scheme DPoP with a token that is not bound to a key')
  }
  if (!confirmation) return 'none'
  if (confirmation.x5tS256 !== undefined && confirmation.jkt === undefined) return certificateBinding
  if (confirmation.jkt === undefined) {
    return refuse('PROOF_REQUIRED', bindClauses.confirmation, 'token is bound in a way that is not accepted here')
  }
  if (credential.scheme !== 'dpop') {
    return refuse('PROOF_REQUIRED', bindClauses.downgrade, 'token is bound to a key: use the scheme DPoP and a proof', {
      scheme: 'DPoP',
    })
  }
  return 'dpop'
}
