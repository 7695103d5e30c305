import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { derTags, readDer } from './der.ts'
import { attributeOf, type Name, type NameAttribute, nameOf } from './name.ts'
import { attributeTypes } from './name-text.ts'

export const readNameTextClauses = clauses({ form: 'rfc4514-3-name' })

// RFC 4514 §2.4, §3: a backslash before a special character or a pair of hexadecimal digits; nothing else is escaped
const special = String.raw`[ "#+,;<=>\\]`
const text = String.raw`(?:[^"+,;<>\\\x00]|\\(?:${special}|[0-9A-Fa-f]{2}))*`
const attribute = new RegExp(
  String.raw`([A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)=(?:#((?:[0-9A-Fa-f]{2})+)|(${text}))([+,]|$)`,
  'y',
)

/**
 * Reads a distinguished name as RFC 4514 writes it, the last part first, as {@link nameText} does. Both names that match
 * (RFC 5280 §7.1) then have one `key`, however either was written. One attribute at least. Errors: CREDENTIAL_MALFORMED.
 */
export function readNameText(name: string): Result<Name> {
  const parts: NameAttribute[][] = [[]]
  const next = new RegExp(attribute)
  try {
    for (let end = ','; end !== ''; ) {
      const [, type = '', hex, value = '', separator] = next.exec(name) ?? fail()
      parts[0]?.push(hex === undefined ? textAttribute(oidOf(type), value) : derAttribute(oidOf(type), hex))
      end = separator ?? ''
      if (end === ',') parts.unshift([])
    }
    return ok(nameOf(parts))
  } catch {
    return malformed
  }
}

const malformed = refuse(
  'CREDENTIAL_MALFORMED',
  readNameTextClauses.form,
  'must be a name as RFC 4514 writes it, such as CN=checkout,O=Example',
)

function fail(): never {
  throw new Error('no attribute')
}

/** RFC 4514 §3: keywords in any case, or an OID. */
const oidOf = (type: string): string =>
  /^[0-9]/.test(type) ? type : (attributeTypes.get(type.toUpperCase()) ?? fail())

function textAttribute(type: string, escaped: string): NameAttribute {
  const tokens = escaped.match(/\\[0-9A-Fa-f]{2}|\\.|[^\\]/gsu) ?? []
  // RFC 4514 §2.4: a space at either end, and a number sign at the beginning, stand escaped
  if (tokens[0] === ' ' || tokens[0] === '#' || tokens.at(-1) === ' ') fail()
  const content = Buffer.concat(tokens.map(bytesOf))
  return attributeOf(type, { tag: derTags.utf8String, content, bytes: content })
}

const bytesOf = (token: string): Buffer =>
  token.length === 3 && token.startsWith('\\')
    ? Buffer.from(token.slice(1), 'hex')
    : Buffer.from(token.replace(/^\\(?=.)/s, ''))

function derAttribute(type: string, hex: string): NameAttribute {
  const der = readDer(Buffer.from(hex, 'hex'))
  const element = der.element()
  return der.isEmpty() ? attributeOf(type, element) : fail()
}
