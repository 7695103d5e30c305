import { createRecent } from '../../jose/recent.ts'
import { type JwkKey, keyOfJwk } from './jwk-key.ts'
import { tokenAlgorithms } from './jwx-names.ts'
import { bytesAsText, decodePem } from './pem.ts'
import { readCertificate } from './read-certificate.ts'
import { readJwkSet } from './read-jwk-set.ts'
import { readSpki } from './read-public-key.ts'

/** A key to check tokens with; `alg` and `kid` are empty where it has none. `key` is undefined if its kind is unknown. */
export interface VerificationKey {
  readonly alg: string
  readonly kid: string
  readonly key: JwkKey | undefined
}

const roomInCharacters = 4 * 1024 * 1024
const known = createRecent<readonly VerificationKey[]>(roomInCharacters)

/**
 * The keys of a PEM certificate, a PEM public key, a JWK or a JWK Set, as OPA's `getKeysFromCertOrJWK`: nothing may
 * follow a PEM block, and keys for algorithms that tokens do not have are left out. Throws. Remembered by text.
 */
export function readVerificationKeys(text: string): readonly VerificationKey[] {
  const before = known.get(text)
  if (before) return before
  const keys = read(text)
  known.put(text, keys, text.length)
  return keys
}

function read(text: string): readonly VerificationKey[] {
  const block = decodePem(bytesAsText(text))
  if (!block) return readJwks(text)
  if (block.rest !== '') throw new Error('more behind the PEM block')
  const key = pemKey(block.type, block.bytes)
  return [{ alg: '', kid: '', key: key && { kind: 'public', public: key } }]
}

function pemKey(type: string, bytes: Buffer) {
  if (type === 'CERTIFICATE') return readCertificate(bytes).publicKey
  if (type === 'PUBLIC KEY') return readSpki(bytes)
  throw new Error('a PEM block that holds no key')
}

function readJwks(text: string): readonly VerificationKey[] {
  return readJwkSet(text)
    .map((jwk) => ({ alg: jwk.alg, kid: jwk.kid, key: keyOfJwk(jwk) }))
    .filter(({ alg }) => alg === '' || tokenAlgorithms.has(alg))
}
