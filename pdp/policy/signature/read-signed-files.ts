import { type Clause, clauses } from '../../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, stringMember } from '../../core/json.ts'
import type { JsonLimits } from '../../core/read-json.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { readObject } from '../../jose/read-object.ts'
import { type FileHash, fileHashNamed } from './hash-file.ts'

export const signedFilesClauses = clauses({
  members: 'bundle-signature-claims',
  scope: 'bundle-signature-scope',
  files: 'bundle-signature-files',
  algorithm: 'bundle-signature-hash-algorithm',
  once: 'bundle-signature-file-once',
})

/** What a signature states of one file. */
export interface SignedFile {
  readonly algorithm: FileHash
  /** Lowercase hexadecimal. */
  readonly hash: string
}

// `keyid` is OPA's old place for `kid`. A claim that is not known, such as `exp`, would promise what is not kept.
const known = ['files', 'scope', 'iat', 'iss', 'keyid']
const maximumCharacters = 4_194_304
const limits: JsonLimits = {
  length: maximumCharacters,
  depth: 4,
  membersPerObject: 16,
  members: 65_536,
  stringLength: 4_096,
}

/**
 * Reads the payload of a bundle's signature (OPA's `DecodedSignature`): every file by its name. Refuses (POLICY_ERROR)
 * claims it does not know, a scope, weak hashes and a name that is listed twice.
 */
export function readSignedFiles(payload: Buffer): Result<ReadonlyMap<string, SignedFile>> {
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
  return ok(files)
}

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
