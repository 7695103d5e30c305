import type { Builtin } from './builtin.ts'
import { readUri } from './read-uri.ts'

/** `uri.is_valid`: whether `uri.parse` could read it; false for the empty text, and for what is no text. */
export const uriIsValid: Builtin = {
  name: 'uri.is_valid',
  call: (text) =>
    typeof text === 'string' && text !== '' && readUri(Buffer.from(text).toString('latin1')) !== undefined,
}
