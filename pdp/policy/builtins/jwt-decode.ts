import type { Value } from '../value.ts'
import type { Builtin } from './builtin.ts'
import { goText } from './go-utf8.ts'
import { trimEndsOf } from './trim-ends.ts'
import { decodePart, memberOf, readHeader, readJsonObject, splitToken } from './read-token.ts'

/**
 * `io.jwt.decode`: header, payload and signature (hexadecimal) of a token, nothing checked. Where the header says that
 * the content is a token (`cty` is `JWT`), that one is decoded instead.
 */
export const jwtDecode: Builtin = { name: 'io.jwt.decode', call: decode }

function decode(token: Value | undefined): Value | undefined {
  for (let inner = token; ; ) {
    const parts = splitToken(inner)
    const header = readHeader(parts.header)
    const payload = decodePart(parts.payload)
    const type = memberOf(header, 'cty')
    if (type !== undefined && typeof type !== 'string') return undefined
    if (type !== 'JWT') return [header, readJsonObject(payload), decodePart(parts.signature).toString('hex')]
    inner = trimEndsOf(goText(payload), `"'`) // some quote the inner token
  }
}
