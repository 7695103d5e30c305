import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Builtin } from './builtin.ts'

const hmac = (name: string, hash: string): Builtin => ({
  name,
  call: (message, key) =>
    typeof message === 'string' && typeof key === 'string'
      ? createHmac(hash, key).update(message).digest('hex')
      : undefined,
})

/**
 * `crypto.hmac.md5`, `.sha1`, `.sha256`, `.sha512` of a message under a key, both by their UTF-8, in lowercase
 * hexadecimal; `crypto.hmac.equal` compares two texts in constant time.
 */
export const cryptoHmacs: readonly Builtin[] = [
  hmac('crypto.hmac.md5', 'md5'),
  hmac('crypto.hmac.sha1', 'sha1'),
  hmac('crypto.hmac.sha256', 'sha256'),
  hmac('crypto.hmac.sha512', 'sha512'),
  {
    name: 'crypto.hmac.equal',
    call(first, second) {
      if (typeof first !== 'string' || typeof second !== 'string') return undefined
      const [a, b] = [Buffer.from(first), Buffer.from(second)]
      return a.length === b.length && timingSafeEqual(a, b)
    },
  },
]
