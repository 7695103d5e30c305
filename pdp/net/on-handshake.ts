import type { ClientRequest } from 'node:http'
import { TLSSocket } from 'node:tls'

/**
 * Hands over the certificates that the other side sent, once the handshake proved that it has the key of the first. Node
 * writes nothing of a request before its `end`; over a connection without TLS nothing is handed over, so it is never sent.
 */
export function onHandshake(request: ClientRequest, hand: (chain: readonly Buffer[]) => void): void {
  request.on('socket', (socket) => {
    if (socket instanceof TLSSocket) socket.once('secureConnect', () => hand(chainOf(socket)))
    else request.destroy(new Error('no TLS'))
  })
}

const longest = 16

function chainOf(socket: TLSSocket): readonly Buffer[] {
  const chain: Buffer[] = []
  let next: ReturnType<TLSSocket['getPeerCertificate']> | undefined = socket.getPeerCertificate(true)
  // a certificate that signed itself is its own issuer; one without an issuer ends the chain
  while (next?.raw && chain.length < longest && !chain.some((der) => der.equals(next?.raw ?? der))) {
    chain.push(next.raw)
    next = 'issuerCertificate' in next ? next.issuerCertificate : undefined
  }
  return chain
}
