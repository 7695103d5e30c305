import { sign } from 'node:crypto'
import type { JwsAlgorithm } from '../../core/key.ts'
import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { algorithms } from '../../jose/algorithms.ts'
import { hashFile } from './hash-file.ts'
import { signatureFile } from './read-signature-file.ts'
import type { SigningKey } from './read-signing-key.ts'
import type { Files } from './verify-files.ts'

export const signFilesClauses = clauses({
  algorithm: 'bundle-signing-algorithm',
})

/** `algorithm`: one that the key can be used with. Without it the first: RS256 for RSA, for the others the only one. */
export interface SignOptions {
  readonly algorithm?: JwsAlgorithm
}

/**
 * The content of `.signatures.json` for these files, in OPA's format: SHA-256 of each by name, in one JWS whose `kid` is
 * the thumbprint of the key. No time is in it: with Ed25519 and RS*, the same files give the same bytes.
 */
export function signFiles(files: Files, key: SigningKey, options: SignOptions = {}): Result<Uint8Array> {
  const { algorithms: possible, id } = key.verification
  const algorithm = possible.find((name) => name === (options.algorithm ?? possible[0]))
  if (!algorithm) return refuse('POLICY_ERROR', signFilesClauses.algorithm, 'the key cannot be used with the algorithm')
  const listed: { readonly name: string; readonly hash: string; readonly algorithm: 'SHA-256' }[] = []
  for (const [name, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (name === signatureFile) continue
    const hash = hashFile(name, bytes, 'SHA-256')
    if (!hash.ok) return hash
    listed.push({ name, hash: hash.value, algorithm: 'SHA-256' })
  }
  const input = `${encode({ alg: algorithm, kid: id, typ: 'JWT' })}.${encode({ files: listed })}`
  const signature = signText(input, algorithm, key).toString('base64url')
  return ok(Buffer.from(`${JSON.stringify({ signatures: [`${input}.${signature}`] })}\n`))
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
