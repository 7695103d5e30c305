import type { Builtin } from './builtin.ts'
import { decodeGoBase64 } from './go-base64.ts'
import { jwkOfPrivateKey } from './jwk-of-private-key.ts'
import { privateKeyValue } from './key-value.ts'
import { decodePem, type PemBlock } from './pem.ts'
import type { PrivateKey } from './private-key.ts'
import { readEcPrivateKey, readPkcs1PrivateKey, readPkcs8PrivateKey } from './read-private-key.ts'

/** `crypto.parse_private_keys`: the private keys of PEM blocks as Go shows them; other blocks are passed over. */
export const cryptoParsePrivateKeys: Builtin = {
  name: 'crypto.parse_private_keys',
  call(text) {
    if (typeof text !== 'string') return undefined
    return text === '' ? null : readPrivateKeys(Buffer.from(text)).map(privateKeyValue)
  },
}

/** `crypto.x509.parse_rsa_private_key`: the first private key of PEM blocks, of whatever kind, as a JWK. */
export const cryptoX509ParseRsaPrivateKey: Builtin = {
  name: 'crypto.x509.parse_rsa_private_key',
  call(text) {
    if (typeof text !== 'string' || text === '') return undefined
    const bytes = text.startsWith('-----BEGIN') ? Buffer.from(text) : decodeGoBase64(text, 'standard', true)
    const [key] = bytes ? readPrivateKeys(bytes) : []
    return bytes && (key ? jwkOfPrivateKey(key) : null)
  },
}

/** The keys of PEM, or of base64 of PEM; throws where one is malformed. */
function readPrivateKeys(bytes: Buffer): readonly PrivateKey[] {
  const text = bytes.toString('latin1')
  const inner = decodeGoBase64(text, 'standard', true)?.toString('latin1') ?? text
  const keys: PrivateKey[] = []
  for (let block = decodePem(inner); block; block = decodePem(block.rest)) {
    const key = keyOf(block)
    if (key) keys.push(key)
  }
  return keys
}

function keyOf({ type, bytes }: PemBlock): PrivateKey | undefined {
  switch (type) {
    case 'RSA PRIVATE KEY':
      return readPkcs1PrivateKey(bytes)
    case 'PRIVATE KEY':
      return readPkcs8PrivateKey(bytes)
    case 'EC PRIVATE KEY':
      return readEcPrivateKey(bytes)
    default:
      return undefined
  }
}
