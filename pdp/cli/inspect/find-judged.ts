import type { Ask } from '../../core/ask.ts'
import type { Caller } from '../../core/caller.ts'
import type { Frame } from '../../core/frame.ts'
import type { Result } from '../../core/result.ts'
import { parseSpiffeId } from '../../core/spiffe-id.ts'
import { findEvidence, type ForwardedCertificate, type FoundCredential } from '../../identity/evidence.ts'
import { readClientCert } from '../../identity/forwarded/client-cert.ts'
import { callerOfXfcc } from '../../identity/forwarded/xfcc-caller.ts'
import type { Verify } from '../../identity/verify.ts'

/**
 * The credentials that the gate's answer is about. Behind a proxy the certificate among them is the caller's own, out of
 * the header, unless the gate refused that of the proxy, or the header.
 */
export async function findJudged(
  ask: Ask,
  answer: Result<Caller>,
  verify: Verify,
  frame: Frame,
): Promise<readonly FoundCredential[]> {
  const found = findEvidence(ask)
  if (!found.ok) return []
  const { credentials, forwarded } = found.value
  if (forwarded.length === 0) return credentials
  const proxy = await verify(proxyAlone(ask), frame)
  if (!proxy.ok && !answer.ok && proxy.clause === answer.clause) return credentials
  const text = forwardedBy(proxy, forwarded)
  if (text === undefined) return credentials
  const tokens = credentials.filter(({ form }) => form !== 'certificate')
  return [...tokens, { form: 'certificate', scheme: 'tls', text }]
}

/** The same ask by the proxy itself, as a caller like any other, whatever the service demands of callers. */
const proxyAlone = ({ evidence, pep, service, ...ask }: Ask): Ask => ({
  ...ask,
  service: { ...service, identity: 'required' },
  pep: { ...pep, vouch: { peerCertificate: pep.vouch.peerCertificate } },
  evidence: { ...evidence, headers: new Map() },
})

function forwardedBy(proxy: Result<Caller>, forwarded: readonly ForwardedCertificate[]): string | undefined {
  const id = parseSpiffeId(proxy.ok ? (proxy.value.subject?.id ?? '') : '')
  if (!id.ok) return undefined
  const [xfcc, certificate, chain] = ['x-forwarded-client-cert', 'client-cert', 'client-cert-chain'].map(
    (name) => forwarded.find(({ header }) => header === name)?.text,
  )
  const read = xfcc === undefined ? readClientCert(certificate, chain) : callerOfXfcc(xfcc, id.value.id)
  return read.ok ? read.value : undefined
}
