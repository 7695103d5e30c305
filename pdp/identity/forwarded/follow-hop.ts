import { clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { Vouch } from '../../core/service.ts'
import type { SpiffeId } from '../../core/spiffe-id.ts'
import type { Verified } from '../../seams.ts'
import type { ForwardedCertificate, FoundCredential, FoundEvidence } from '../evidence.ts'
import { readClientCert } from './client-cert.ts'
import { callerOfXfcc } from './xfcc-caller.ts'

export const followHopClauses = clauses({
  named: 'hop-rule-forwarded-certificate',
  oneHeader: 'hop-rule-one-header',
})

/** The proxy that stands between the caller and the guarded service, known by its own certificate. */
export interface Hop {
  readonly id: SpiffeId
  readonly verified: Verified
}

/** What the caller itself presents, and the proxy through which its certificate came, if there is one. */
export interface Followed {
  readonly credentials: readonly FoundCredential[]
  readonly hop?: Hop
}

/**
 * The hop rule. The certificate of an enforcement point's peer is the caller's, unless that peer is a proxy that is
 * named: then the caller's stands in the header which that proxy sent, and without one the caller has none. The proxy is
 * verified like any caller, and is never one itself here. Any other forwarded certificate is refused and not ignored.
 * Errors: VOUCH_REFUSED, CREDENTIAL_AMBIGUOUS, those of the headers and of `verifyPeer`.
 */
export function followHop(
  found: FoundEvidence,
  vouch: Vouch,
  verifyPeer: (peer: FoundCredential) => Promise<Result<Verified>>,
): Result<Followed> | Promise<Result<Followed>> {
  const peer = found.credentials.find(({ form }) => form === 'certificate')
  return peer && (vouch.xfccFrom?.size || vouch.clientCertFrom?.size)
    ? followPeer(peer, found, vouch, verifyPeer)
    : unlessForwarded(found.forwarded, found)
}

async function followPeer(
  peer: FoundCredential,
  { credentials, forwarded }: FoundEvidence,
  { xfccFrom = nobody, clientCertFrom = nobody }: Vouch,
  verifyPeer: (peer: FoundCredential) => Promise<Result<Verified>>,
): Promise<Result<Followed>> {
  const verified = await verifyPeer(peer)
  // whoever cannot be verified is no proxy that is named: alone, it is judged as any other caller is
  if (!verified.ok) return forwarded.length > 0 ? verified : ok({ credentials })
  const id = verified.value.subject.spiffe?.id
  if (id === undefined || !(xfccFrom.has(id) || clientCertFrom.has(id)))
    return unlessForwarded(forwarded, { credentials })
  const certificate = readForwarded(forwarded, { id, mayXfcc: xfccFrom.has(id), mayClientCert: clientCertFrom.has(id) })
  if (!certificate.ok) return certificate
  const own = credentials.filter((each) => each !== peer)
  const text = certificate.value
  return ok({
    credentials: text === undefined ? own : [...own, { form: 'certificate', scheme: 'tls', text }],
    hop: { id, verified: verified.value },
  })
}

const nobody: ReadonlySet<SpiffeId> = new Set()

const unlessForwarded = ([first]: readonly ForwardedCertificate[], followed: Followed): Result<Followed> =>
  first ? notFromThere(first) : ok(followed)

const notFromThere = ({ header }: ForwardedCertificate): Refusal =>
  refuse(
    'VOUCH_REFUSED',
    followHopClauses.named,
    `\`${header}\` counts from a proxy named in xfcc_from or client_cert_from alone, whose certificate the enforcement point sends: remove it otherwise`,
  )

interface Permitted {
  readonly id: SpiffeId
  readonly mayXfcc: boolean
  readonly mayClientCert: boolean
}

function readForwarded(
  forwarded: readonly ForwardedCertificate[],
  { id, mayXfcc, mayClientCert }: Permitted,
): Result<string | undefined> {
  const isXfcc = ({ header }: ForwardedCertificate) => header === 'x-forwarded-client-cert'
  const refused = forwarded.find((each) => !(isXfcc(each) ? mayXfcc : mayClientCert))
  if (refused) return notFromThere(refused)
  const xfcc = forwarded.find(isXfcc)
  if (!xfcc) {
    const [certificate, chain] = ['client-cert', 'client-cert-chain'].map(
      (name) => forwarded.find(({ header }) => header === name)?.text,
    )
    return forwarded.length === 0 ? ok(undefined) : readClientCert(certificate, chain)
  }
  return forwarded.length > 1
    ? refuse('CREDENTIAL_AMBIGUOUS', followHopClauses.oneHeader, 'two headers with a forwarded certificate: send one')
    : callerOfXfcc(xfcc.text, id)
}
