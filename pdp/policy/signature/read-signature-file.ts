import { type Clause, clauses } from '../../core/clause.ts'
import { isArray, isObject, type JsonValue, member } from '../../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { decodeBase64url } from '../../jose/base64url.ts'
import { checkType } from '../../jose/check-type.ts'
import type { CompactJws } from '../../jose/read-jws.ts'
import { readJwsHeader } from '../../jose/read-jws-header.ts'
import { readDocument } from '../read-document.ts'

export const signatureFileClauses = clauses({
  present: 'bundle-signature-present',
  size: 'bundle-signature-size',
  members: 'bundle-signature-members',
  plugin: 'bundle-signature-plugin',
  one: 'bundle-signature-one',
  segments: 'bundle-signature-segments',
  base64url: 'bundle-signature-base64url',
})

/** Where a bundle carries its signature. It is the one file that the signature does not cover. */
export const signatureFile = '.signatures.json'

/** Bytes of the file at most: a JWS that lists 4096 files of long names stays below. */
const maximumBytes = 4_194_304
const defaultPlugin = '_default' // what `opa build` writes; another one is a format of its own

/**
 * Reads `.signatures.json` (OPA's format: `signatures` with one compact JWS, `plugin`), and verifies nothing. The JWS is
 * read by the rules of {@link readJwsHeader}; only its length has a bound of its own. Refuses with POLICY_ERROR.
 */
export function readSignatureFile(bytes: Uint8Array | undefined): Result<CompactJws> {
  if (!bytes)
    return bad(signatureFileClauses.present, `the bundle is not signed: it has no ${signatureFile}; sign it first`)
  if (bytes.length > maximumBytes)
    return bad(signatureFileClauses.size, `${signatureFile} is larger than ${maximumBytes} bytes`)
  const document = readDocument(bytes)
  return document.ok ? readToken(document.value) : document
}

function readToken(file: JsonValue): Result<CompactJws> {
  if (!isObject(file) || Object.keys(file).some((name) => name !== 'signatures' && name !== 'plugin'))
    return bad(signatureFileClauses.members, `${signatureFile} may have only the members signatures, plugin`)
  const plugin = member(file, 'plugin') ?? defaultPlugin
  if (plugin !== defaultPlugin)
    return bad(signatureFileClauses.plugin, `\`plugin\` of ${signatureFile} names a format that is not read here`)
  const signatures = member(file, 'signatures')
  const token = isArray(signatures) && signatures.length === 1 ? signatures[0] : undefined
  return typeof token === 'string'
    ? readCompact(token)
    : bad(signatureFileClauses.one, `\`signatures\` of ${signatureFile} must hold one signature`)
}

function readCompact(token: string): Result<CompactJws> {
  const [first = '', second = '', third = '', ...more] = token.split('.', 4)
  if (first === '' || third === '' || more.length > 0)
    return bad(signatureFileClauses.segments, 'the signature is not a compact JWS of three segments')
  const header = decodeBase64url(first)
  const payload = decodeBase64url(second)
  const signature = decodeBase64url(third)
  if (!header || !payload || !signature)
    return bad(signatureFileClauses.base64url, 'a segment of the signature is not unpadded canonical base64url')
  const read = readJwsHeader(header, 'POLICY_ERROR', false)
  if (!read.ok) return read
  const otherType = checkType(read.value, ['JWT'], { optional: true, code: 'POLICY_ERROR' })
  return otherType ?? ok({ header: read.value, payload, signingInput: `${first}.${second}`, signature })
}

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)
