import { goBytes, goStruct } from './go-struct.ts'
import type { Builtin } from './builtin.ts'
import { certificateValue } from './certificate-value.ts'
import { decodeGoBase64 } from './go-base64.ts'
import { privateKeyValue } from './key-value.ts'
import { bytesAsText, decodePem } from './pem.ts'
import type { PrivateKey } from './private-key.ts'
import type { PublicKey } from './public-key.ts'
import { readCertificate } from './read-certificate.ts'
import { readEcPrivateKey, readPkcs1PrivateKey, readPkcs8PrivateKey } from './read-private-key.ts'

/**
 * `crypto.x509.parse_keypair`: certificates and the private key of the first, each PEM, or base64 of PEM or DER, as Go
 * shows a `tls.Certificate`; undefined where the key is not that of the certificate.
 */
export const cryptoX509ParseKeypair: Builtin = {
  name: 'crypto.x509.parse_keypair',
  call(certificateText, keyText) {
    if (typeof certificateText !== 'string' || typeof keyText !== 'string') return undefined
    const ders = certificatesIn(certificateText)
    const [first] = ders
    if (!first) return undefined
    const leaf = readCertificate(first)
    const key = readAnyPrivateKey(keyIn(keyText))
    if (!leaf.publicKey || !belongs(key, leaf.publicKey)) return undefined
    return goStruct({
      Certificate: ders.map(goBytes),
      PrivateKey: privateKeyValue(key),
      SupportedSignatureAlgorithms: null,
      OCSPStaple: null,
      SignedCertificateTimestamps: null,
      Leaf: certificateValue(leaf),
    })
  },
}

const begin = '-----BEGIN '

/** PEM as it is, base64 decoded; throws if it is neither. */
function plain(text: string): string {
  const bytes = bytesAsText(text)
  if (bytes.startsWith(begin)) return bytes
  const decoded = decodeGoBase64(text, 'standard', true)
  if (!decoded) throw new Error('neither PEM nor base64')
  return decoded.toString('latin1')
}

function certificatesIn(text: string): readonly Buffer[] {
  const bytes = plain(text)
  if (!bytes.startsWith(begin)) return [Buffer.from(bytes, 'latin1')]
  const ders: Buffer[] = []
  for (let block = decodePem(bytes); block; block = decodePem(block.rest)) {
    if (block.type === 'CERTIFICATE') ders.push(block.bytes)
  }
  return ders
}

function keyIn(text: string): Buffer {
  const bytes = plain(text)
  if (!bytes.startsWith('-----BEGIN')) return Buffer.from(bytes, 'latin1')
  for (let block = decodePem(bytes); block; block = decodePem(block.rest)) {
    if (block.type === 'PRIVATE KEY' || block.type.endsWith(' PRIVATE KEY')) return block.bytes
  }
  throw new Error('no private key')
}

/** By whichever of the three formats it is, whatever the PEM block called it. */
function readAnyPrivateKey(bytes: Buffer): PrivateKey {
  for (const read of [readPkcs1PrivateKey, readPkcs8PrivateKey, readEcPrivateKey]) {
    try {
      return read(bytes)
    } catch {
      // the next format
    }
  }
  throw new Error('not a private key')
}

function belongs(key: PrivateKey, publicKey: PublicKey): boolean {
  if (key.kind === 'rsa' && publicKey.kind === 'rsa') {
    return key.public.n === publicKey.n && key.public.e === publicKey.e
  }
  if (key.kind === 'ecdsa' && publicKey.kind === 'ecdsa') {
    const { curve, x, y } = key.public
    return curve === publicKey.curve && x === publicKey.x && y === publicKey.y
  }
  return key.kind === 'ed25519' && publicKey.kind === 'ed25519' && key.public.bytes.equals(publicKey.bytes)
}
