import { objectOf } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { goText } from './go-utf8.ts'
import { readUri } from './read-uri.ts'
import { splitUriHost } from './uri-host.ts'

/**
 * `uri.parse`: `scheme`, `hostname`, `port`, `path`, `raw_path`, `raw_query` and `fragment` of a URI, those that it
 * has, all as text. Bytes that are no UTF-8 once their escapes are undone become U+FFFD.
 */
export const uriParse: Builtin = {
  name: 'uri.parse',
  call(text) {
    const url = typeof text === 'string' ? readUri(bytesOf(text)) : undefined
    if (!url) return undefined
    const parts = [
      ['scheme', url.scheme],
      ...Object.entries(splitUriHost(url.host)),
      ['path', url.path],
      ['raw_path', url.rawPath || url.path],
      ['raw_query', url.rawQuery],
      ['fragment', url.fragment],
    ]
    const present = parts.filter(([, part]) => part !== '')
    return objectOf(...present.map(([name = '', part = '']) => [name, goText(Buffer.from(part, 'latin1'))] as const))
  },
}

/** Each byte of the UTF-8 as a character. */
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')
