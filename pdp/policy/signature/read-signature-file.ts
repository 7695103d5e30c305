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
  cosignatures: 'bundle-signature-cosignatures',
  payload: 'bundle-signature-same-statement',
})

/** Where a bundle carries its signature. It is the one file that the signature does not cover. */
export const signatureFile = '.signatures.json'

/** Bytes of the file at most: a JWS that lists 4096 files of long names stays below. */
const maximumBytes = 4_194_304
const defaultPlugin = '_default' // what `opa build` writes; another one is a format of its own

const maximumCosignatures = 15

/** Signatures of one payload: the one that OPA reads, then the others. */
export type Signatures = readonly [CompactJws, ...CompactJws[]]

/**
 * Reads `.signatures.json` (OPA's format: `signatures` with one compact JWS, `plugin`), and verifies nothing. OPA takes
 * one signature and reads past `cosignatures`, where further signers of the very same payload stand. Each JWS is read by
 * the rules of {@link readJwsHeader}; only its length has a bound of its own. Refuses with POLICY_ERROR.
 */
export function readSignatureFile(bytes: Uint8Array | undefined): Result<Signatures> {
  if (!bytes)
    return bad(signatureFileClauses.present, `the bundle is not signed: it has no ${signatureFile}; sign it first`)
  if (bytes.length > maximumBytes)
    return bad(signatureFileClauses.size, `${signatureFile} is larger than ${maximumBytes} bytes`)
  const document = readDocument(bytes)
  return document.ok ? readTokens(document.value) : document
}

const known = ['signatures', 'plugin', 'cosignatures']

function readTokens(file: JsonValue): Result<Signatures> {
  if (!isObject(file) || Object.keys(file).some((name) => !known.includes(name)))
    return bad(signatureFileClauses.members, `${signatureFile} may have only the members ${known.join(', ')}`)
  const plugin = member(file, 'plugin') ?? defaultPlugin
  if (plugin !== defaultPlugin)
    return bad(signatureFileClauses.plugin, `\`plugin\` of ${signatureFile} names a format that is not read here`)
  const signatures = member(file, 'signatures')
  if (!isArray(signatures) || signatures.length !== 1)
    return bad(signatureFileClauses.one, `\`signatures\` of ${signatureFile} must hold one signature`)
  const cosignatures = member(file, 'cosignatures') ?? []
  if (!isArray(cosignatures) || cosignatures.length > maximumCosignatures)
    return bad(
      signatureFileClauses.cosignatures,
      `\`cosignatures\` of ${signatureFile} must be a list of at most ${maximumCosignatures}`,
    )
  const others: CompactJws[] = []
  let first: CompactJws | undefined
  for (const token of [...signatures, ...cosignatures]) {
    const jws =
      typeof token === 'string'
        ? readCompact(token)
        : bad(signatureFileClauses.one, `a signature of ${signatureFile} is not a text`)
    if (!jws.ok) return jws
    if (first && !first.payload.equals(jws.value.payload))
      return bad(signatureFileClauses.payload, 'a cosignature is of another statement than the signature beside it')
    if (first) others.push(jws.value)
    first ??= jws.value
  }
  return first ? ok([first, ...others]) : bad(signatureFileClauses.one, `${signatureFile} holds no signature`)
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
