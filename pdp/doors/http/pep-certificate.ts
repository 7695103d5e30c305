import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Digest } from '../../core/digest.ts'
import type { PepCertificate } from '../admit.ts'

/** Reads the TLS client certificate of a connection, once per connection; undefined unless its chain was accepted. */
export function createPepCertificateReader(): (socket: Socket) => PepCertificate | undefined {
  const known = new WeakMap<Socket, PepCertificate>()
  return function pepCertificate(socket) {
    if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
    const before = known.get(socket)
    if (before) return before
    const certificate = socket.getPeerX509Certificate()
    if (!certificate) return undefined
    const read: PepCertificate = {
      sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase() as Digest, // SHA-256 of the DER, as OpenSSL writes it
      uris: uriNames(certificate.subjectAltName),
      isAuthority: certificate.ca,
    }
    known.set(socket, read)
    return read
  }
}

/** URI names out of Node's text of the extension. A quoted name holds characters that could forge another: none counts. */
function uriNames(names: string | undefined): readonly string[] {
  if (names === undefined || names.includes('"')) return []
  return names.split(', ').flatMap((name) => (name.startsWith('URI:') ? [name.slice('URI:'.length)] : []))
}
