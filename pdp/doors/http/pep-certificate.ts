import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Result } from '../../core/result.ts'
import type { PepCertificate, VerifyPepCertificate } from '../../core/service.ts'

/** What the certificate of a connection proves now; undefined where there is none, or nobody to judge it. */
export type PepCertificateOf = (
  socket: Socket,
  verify: VerifyPepCertificate | undefined,
) => Promise<Result<PepCertificate> | undefined>

type Chain = readonly [Uint8Array, ...Uint8Array[]]

const maximumCertificates = 10

/**
 * Makes what reads the chain of a TLS client, once for each connection, and has it judged for every ask: a connection
 * outlives certificates, bundles and revocations. What the TLS library found (`authorized`) does not count.
 */
export function createPepCertificateReader(): PepCertificateOf {
  const known = new WeakMap<Socket, Chain>()
  return async function pepCertificate(socket, verify) {
    if (!verify || !(socket instanceof TLSSocket)) return undefined
    const chain = known.get(socket) ?? chainOf(socket.getPeerX509Certificate())
    if (!chain) return undefined
    known.set(socket, chain)
    return verify(chain)
  }
}

/** The certificates as they were sent, leaf first. */
function chainOf(leaf: X509Certificate | undefined): Chain | undefined {
  if (!leaf) return undefined
  const others: Uint8Array[] = []
  for (
    let next = leaf.issuerCertificate;
    next && others.length < maximumCertificates - 1;
    next = next.issuerCertificate
  ) {
    others.push(next.raw)
  }
  return [leaf.raw, ...others]
}
