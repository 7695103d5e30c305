import { sign } from 'node:crypto'
import type { JwsAlgorithm } from '../../core/key.ts'
import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { algorithms } from '../../jose/algorithms.ts'
import { hashFile } from './hash-file.ts'
import type { CompactJws } from '../../jose/read-jws.ts'
import { readSignatureFile, signatureFile } from './read-signature-file.ts'
import { readSignedFiles, type Statement } from './read-signed-files.ts'
import type { SigningKey } from './read-signing-key.ts'
import { fileFault, type Files } from './verify-files.ts'

export const signFilesClauses = clauses({
  algorithm: 'bundle-signing-algorithm',
})

/**
 * - `algorithm`: one that the key can be used with. Without it the first: RS256 for RSA, for the others the only one.
 * - `statement`: what is promised beside the files; see `Statement`.
 */
export interface SignOptions {
  readonly algorithm?: JwsAlgorithm
  readonly statement?: Pick<Statement, 'sequence' | 'expires' | 'audiences' | 'base'>
}

/**
 * The content of `.signatures.json` for these files, in OPA's format: SHA-256 of each by name, in one JWS whose `kid` is
 * the thumbprint of the key. No time is in it but a given expiry: with Ed25519 and RS*, the same files give the same bytes.
 */
export function signFiles(
  files: Files,
  key: SigningKey,
  { algorithm, statement = {} }: SignOptions = {},
): Result<Uint8Array> {
  const listed: { readonly name: string; readonly hash: string; readonly algorithm: 'SHA-256' }[] = []
  for (const [name, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (name === signatureFile) continue
    const hash = hashFile(name, bytes, 'SHA-256')
    if (!hash.ok) return hash
    listed.push({ name, hash: hash.value, algorithm: 'SHA-256' })
  }
  const { sequence, expires, audiences, base } = statement
  const claims = {
    files: listed,
    ...(sequence !== undefined && { sequence }),
    ...(base !== undefined && { base }),
    ...(expires !== undefined && { exp: Math.floor(expires / 1000) }),
    ...(audiences && { aud: audiences }),
  }
  const token = signPayload(encode(claims), key, algorithm)
  return token.ok ? ok(writeFile({ signatures: [token.value] })) : token
}

/**
 * The content of `.signatures.json` with one more signature, of the statement that stands there. Refuses where the files
 * are not those of the statement: what it says of them was never looked at by this signer.
 */
export function cosignFiles(
  files: Files,
  key: SigningKey,
  { algorithm }: Pick<SignOptions, 'algorithm'> = {},
): Result<Uint8Array> {
  const file = files.get(signatureFile)
  const read = readSignatureFile(file)
  if (!read.ok) return read
  const [first, ...others] = read.value
  const statement = readSignedFiles(first.payload)
  const fault = statement.ok ? fileFault(files, statement.value.files) : statement
  if (fault) return fault
  const token = signPayload(first.payload.toString('base64url'), key, algorithm)
  if (!token.ok) return token
  const textOf = (jws: CompactJws) => `${jws.signingInput}.${jws.signature.toString('base64url')}`
  return ok(writeFile({ signatures: [textOf(first)], cosignatures: [...others.map(textOf), token.value] }))
}

const writeFile = (file: object): Uint8Array => Buffer.from(`${JSON.stringify(file)}\n`)

/** The compact JWS of a payload in base64url. */
function signPayload(payload: string, key: SigningKey, wanted?: JwsAlgorithm): Result<string> {
  const { algorithms: possible, id } = key.verification
  const algorithm = possible.find((name) => name === (wanted ?? possible[0]))
  if (!algorithm) return refuse('POLICY_ERROR', signFilesClauses.algorithm, 'the key cannot be used with the algorithm')
  const input = `${encode({ alg: algorithm, kid: id, typ: 'JWT' })}.${payload}`
  return ok(`${input}.${signText(input, algorithm, key).toString('base64url')}`)
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function signText(text: string, algorithm: JwsAlgorithm, { privateKey: key }: SigningKey): Buffer {
  const row = algorithms[algorithm]
  const data = Buffer.from(text, 'latin1')
  switch (row.kty) {
    case 'EC':
      return sign(row.hash, data, { key, dsaEncoding: 'ieee-p1363' })
    case 'RSA': {
      const { padding, saltLength } = row
      return sign(row.hash, data, saltLength === undefined ? { key, padding } : { key, padding, saltLength })
    }
    case 'OKP':
      return sign(null, data, key)
  }
}
