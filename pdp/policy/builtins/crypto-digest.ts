import { createHash } from 'node:crypto'
import type { Builtin } from './builtin.ts'

const digest = (name: string, hash: string): Builtin => ({
  name,
  call: (text) => (typeof text === 'string' ? createHash(hash).update(text).digest('hex') : undefined),
})

/** `crypto.md5`, `crypto.sha1`, `crypto.sha256`: the digest of a string's UTF-8, in lowercase hexadecimal. */
export const cryptoDigests: readonly Builtin[] = [
  digest('crypto.md5', 'md5'),
  digest('crypto.sha1', 'sha1'),
  digest('crypto.sha256', 'sha256'),
]
