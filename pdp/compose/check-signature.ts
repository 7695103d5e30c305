import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { clauses } from '../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, stringMember } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readJwk } from '../jose/read-jwk.ts'
import { readJws } from '../jose/read-jws.ts'
import { verifyJws } from '../jose/verify-jws.ts'
import { hashedBytes } from './hashed-bytes.ts'

export const bundleSignatureClauses = clauses({
  signer: 'bundle-signer-key',
  present: 'bundle-signature-present',
  signature: 'bundle-signature-valid',
  payload: 'bundle-signature-files',
  file: 'bundle-signature-file-hash',
  complete: 'bundle-signature-every-file',
})

const limits: JsonLimits = {
  length: 65_536,
  depth: 8,
  membersPerObject: 1_024,
  members: 16_384,
  stringLength: 65_536,
}
const signatures = '.signatures.json'
const hashes: Readonly<Record<string, string>> = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' }

/**
 * Checks the signature of a bundle as OPA makes it (`.signatures.json`): one token, signed by `signerPem`, that names
 * every other file of the archive with its hash. Refuses (POLICY_ERROR) what is unsigned, signed by another, altered,
 * lacks a file or has one more.
 */
export function checkSignature(files: ReadonlyMap<string, Uint8Array>, signerPem: string): Result<void> {
  const key = readSigner(signerPem)
  if (!key.ok) return key
  const token = readToken(files.get(signatures))
  if (!token.ok) return token
  const jws = readJws(token.value, 'POLICY_ERROR')
  if (!jws.ok) return jws
  const good = verifyJws(jws.value, key.value, 'POLICY_ERROR')
  if (!good.ok)
    return refuse('POLICY_ERROR', bundleSignatureClauses.signature, 'the signature is not one of its signer')
  const listed = readFiles(jws.value.payload)
  if (!listed.ok) return listed
  for (const [name, { algorithm, hash }] of listed.value) {
    const bytes = files.get(name)
    const expected = bytes && hashedBytes(name, bytes)
    if (!expected || createHash(algorithm).update(expected).digest('hex') !== hash)
      return refuse('POLICY_ERROR', bundleSignatureClauses.file, `${name} is not as it was signed`)
  }
  const unlisted = [...files.keys()].find((name) => name !== signatures && !listed.value.has(name))
  return unlisted === undefined
    ? ok(undefined)
    : refuse('POLICY_ERROR', bundleSignatureClauses.complete, `${unlisted} is not signed`)
}

function readSigner(pem: string) {
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    return refuse('POLICY_ERROR', bundleSignatureClauses.signer, 'signer must be a public key or certificate in PEM')
  }
  if (/PRIVATE KEY/.test(pem))
    return refuse('POLICY_ERROR', bundleSignatureClauses.signer, 'signer must be the public key, not the private one')
  return readJwk(key.export({ format: 'jwk' }) as JsonObject, 'POLICY_ERROR') // members of a JWK are JSON
}

function readToken(bytes: Uint8Array | undefined): Result<string> {
  if (!bytes) return refuse('POLICY_ERROR', bundleSignatureClauses.present, 'the bundle is not signed')
  const read = readJson(Buffer.from(bytes).toString('utf8'), limits, 'POLICY_ERROR')
  if (!read.ok) return read
  const list = isObject(read.value) ? member(read.value, 'signatures') : undefined
  const [token, ...more] = isArray(list) ? list : []
  return typeof token === 'string' && more.length === 0
    ? ok(token)
    : refuse('POLICY_ERROR', bundleSignatureClauses.present, `${signatures} must hold one signature`)
}

interface SignedFile {
  readonly algorithm: string
  readonly hash: string
}

function readFiles(payload: Buffer): Result<ReadonlyMap<string, SignedFile>> {
  const read = readJson(payload.toString('utf8'), limits, 'POLICY_ERROR')
  if (!read.ok) return read
  const list = isObject(read.value) ? member(read.value, 'files') : undefined
  const files = new Map<string, SignedFile>()
  for (const entry of isArray(list) ? list : []) {
    const file = readFile(entry)
    if (!file || files.has(file.name))
      return refuse(
        'POLICY_ERROR',
        bundleSignatureClauses.payload,
        'the signature must name each file once, with a SHA-2 hash',
      )
    files.set(file.name, file)
  }
  return ok(files)
}

function readFile(entry: JsonValue): (SignedFile & { readonly name: string }) | undefined {
  if (!isObject(entry)) return undefined
  const name = stringMember(entry, 'name')
  const hash = stringMember(entry, 'hash')
  const named = stringMember(entry, 'algorithm') ?? ''
  const algorithm = Object.hasOwn(hashes, named) ? hashes[named] : undefined
  if (name === undefined || hash === undefined || algorithm === undefined) return undefined
  return { name: name.replace(/^\//, ''), hash, algorithm }
}
