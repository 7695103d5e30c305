import type { Builtin } from './builtin.ts'
import { goText } from './go-utf8.ts'

/** `base64url.encode_no_pad`, `hex.encode` and `hex.decode`, over the UTF-8 bytes of a string. */
export const encoding: readonly Builtin[] = [
  {
    name: 'base64url.encode_no_pad',
    call: (text) => (typeof text === 'string' ? Buffer.from(text).toString('base64url') : undefined),
  },
  {
    name: 'hex.encode',
    call: (text) => (typeof text === 'string' ? Buffer.from(text).toString('hex') : undefined),
  },
  {
    name: 'hex.decode',
    call: (text) =>
      typeof text === 'string' && /^(?:[0-9a-fA-F]{2})*$/.test(text) ? goText(Buffer.from(text, 'hex')) : undefined,
  },
]
