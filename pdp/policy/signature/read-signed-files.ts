import { type Clause, clauses } from '../../core/clause.ts'
import { type Digest, sha256 } from '../../core/digest.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, stringMember } from '../../core/json.ts'
import type { JsonLimits } from '../../core/read-json.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { fromNumericDate, type Instant } from '../../core/time.ts'
import { readObject } from '../../jose/read-object.ts'
import { type FileHash, fileHashNamed } from './hash-file.ts'

export const signedFilesClauses = clauses({
  members: 'bundle-signature-claims',
  scope: 'bundle-signature-scope',
  files: 'bundle-signature-files',
  algorithm: 'bundle-signature-hash-algorithm',
  once: 'bundle-signature-file-once',
  sequence: 'bundle-signature-sequence',
  expiry: 'bundle-signature-expiry',
  audience: 'bundle-signature-audience-form',
})

/** What a signature states of one file. */
export interface SignedFile {
  readonly algorithm: FileHash
  /** Lowercase hexadecimal. */
  readonly hash: string
}

/**
 * What a signature states beside the files. OPA reads past all of it.
 *
 * - `content`: a digest of the files by name and hash: equal for what was signed twice.
 * - `sequence`: the place of this bundle among those of its name; a higher one is newer.
 * - `expires`: from when on it must not decide.
 * - `audiences`: for which decision points it is meant.
 * - `base`: of a delta, the sequence of what it changes.
 */
export interface Statement {
  readonly files: ReadonlyMap<string, SignedFile>
  readonly content: Digest
  readonly sequence?: number
  readonly expires?: Instant
  readonly audiences?: readonly string[]
  readonly base?: number
}

// `keyid` is OPA's old place for `kid`. A claim that is not known would promise what is not kept.
const known = ['files', 'scope', 'iat', 'iss', 'keyid', 'sequence', 'exp', 'aud', 'base']
const maximumCharacters = 4_194_304
const limits: JsonLimits = {
  length: maximumCharacters,
  depth: 4,
  membersPerObject: 16,
  members: 65_536,
  stringLength: 4_096,
}

/**
 * Reads the payload of a bundle's signature (OPA's `DecodedSignature`, and `exp` and `aud` as in RFC 7519 §4.1, `sequence`
 * and `base`): every file by its name. Refuses (POLICY_ERROR) claims it does not know, a scope, weak hashes and a name
 * that is listed twice.
 */
export function readSignedFiles(payload: Buffer): Result<Statement> {
  const read = readObject(payload, 'payload of the signature', limits, 'POLICY_ERROR')
  if (!read.ok) return read
  const claims = read.value
  if (Object.keys(claims).some((name) => !known.includes(name)))
    return bad(signedFilesClauses.members, `the signature may have only the claims ${known.join(', ')}`)
  if ((member(claims, 'scope') ?? '') !== '')
    return bad(signedFilesClauses.scope, 'the bundle is signed for a scope; sign it without one')
  const list = member(claims, 'files')
  if (!isArray(list)) return bad(signedFilesClauses.files, 'the signature lists no `files`')
  const files = new Map<string, SignedFile>()
  for (const item of list) {
    const entry = readEntry(item)
    if (!entry.ok) return entry
    const { name, ...file } = entry.value
    if (files.has(name)) return bad(signedFilesClauses.once, 'the signature lists a file twice')
    files.set(name, file)
  }
  const sorted = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { algorithm, hash }]) => [name, algorithm, hash])
  const more = readPromises(claims)
  return more.ok ? ok({ files, content: sha256(JSON.stringify(sorted)), ...more.value }) : more
}

function readPromises(claims: JsonObject): Result<Omit<Statement, 'files' | 'content'>> {
  const sequence = member(claims, 'sequence')
  const base = member(claims, 'base')
  if (!isSequence(sequence) || !isSequence(base))
    return bad(signedFilesClauses.sequence, '`sequence` and `base` of the signature must be whole numbers from 1 on')
  const exp = member(claims, 'exp')
  if (exp !== undefined && (typeof exp !== 'number' || exp <= 0 || exp > latestDate))
    return bad(signedFilesClauses.expiry, '`exp` of the signature must be a time in seconds since 1970')
  const aud = member(claims, 'aud')
  const audiences =
    aud === undefined ? undefined : (isArray(aud) ? aud : [aud]).filter((one) => typeof one === 'string')
  if (audiences !== undefined && (audiences.length === 0 || (isArray(aud) && audiences.length !== aud.length)))
    return bad(signedFilesClauses.audience, '`aud` of the signature must be a text or a list of texts')
  return ok({
    ...(sequence !== undefined && { sequence }),
    ...(base !== undefined && { base }),
    ...(exp !== undefined && { expires: fromNumericDate(exp) }),
    ...(audiences && { audiences }),
  })
}

const latestDate = 253_402_300_799 // the year 9999

const isSequence = (value: JsonValue | undefined): value is number | undefined =>
  value === undefined || (Number.isSafeInteger(value) && Number(value) >= 1)

function readEntry(item: JsonValue): Result<SignedFile & { readonly name: string }> {
  const entry: JsonObject = isObject(item) ? item : {}
  const name = stringMember(entry, 'name')
  const hash = stringMember(entry, 'hash')
  const algorithmName = stringMember(entry, 'algorithm')
  if (name === undefined || hash === undefined || algorithmName === undefined || Object.keys(entry).length !== 3)
    return bad(signedFilesClauses.files, 'each of `files` must have name, hash and algorithm, and nothing else')
  const algorithm = fileHashNamed(algorithmName)
  return algorithm
    ? ok({ name, hash, algorithm })
    : bad(signedFilesClauses.algorithm, 'a file is hashed with an algorithm other than SHA-256, SHA-384, SHA-512')
}

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)
