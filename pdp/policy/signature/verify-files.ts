import { type Clause, clauses } from '../../core/clause.ts'
import type { VerificationKey } from '../../core/key.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { SignedText } from '../../jose/read-jws.ts'
import { verifyJws } from '../../jose/verify-jws.ts'
import { hashFile } from './hash-file.ts'
import { readSignatureFile, signatureFile } from './read-signature-file.ts'
import { readSignedFiles, type SignedFile, type Statement } from './read-signed-files.ts'

export const bundleSignatureClauses = clauses({
  signer: 'bundle-signature-signer',
  listed: 'bundle-signature-file-listed',
  there: 'bundle-signature-file-there',
  hash: 'bundle-signature-file-hash',
  threshold: 'bundle-signature-threshold',
})

/** The files of a bundle by name, as unpacked. */
export type Files = ReadonlyMap<string, Uint8Array>

/** Who must have signed: at least `threshold` (absent: 1) of the keys, each counted once. Without keys, nobody can. */
export interface Signers {
  readonly keys: readonly VerificationKey[]
  readonly threshold?: number
}

/** What good signatures say: the statement, and the `id` of each key that made one. */
export interface Verified {
  readonly signers: readonly string[]
  readonly statement: Statement
}

/**
 * Checks that enough of the signers signed exactly these files: their signatures are good, every file but the
 * signatures' own is listed and has the stated hash, and every listed file is there. The key's record says which
 * algorithms are possible, never the signature. What else the statement promises is for `checkStatement`. Refuses with
 * POLICY_ERROR.
 */
export function verifyFiles(files: Files, { keys, threshold = 1 }: Signers): Result<Verified> {
  const read = readSignatureFile(files.get(signatureFile))
  if (!read.ok) return read
  const signers = findSigners(read.value, keys)
  if (!signers.ok) return signers
  if (signers.value.length < threshold)
    return bad(
      bundleSignatureClauses.threshold,
      `the bundle is signed by ${signers.value.length} of its signers and needs ${threshold}`,
    )
  const statement = readSignedFiles(read.value[0].payload)
  if (!statement.ok) return statement
  return fileFault(files, statement.value.files) ?? ok({ signers: signers.value, statement: statement.value })
}

/** The keys under which a signature is good, each once; with none, why the last one refused the first signature. */
function findSigners(signatures: readonly SignedText[], keys: readonly VerificationKey[]): Result<readonly string[]> {
  let refusal = bad(bundleSignatureClauses.signer, 'no signer is configured that the bundle could be signed by')
  const found = new Set<string>()
  for (const jws of [...signatures].reverse())
    for (const key of keys) {
      const checked = verifyJws(jws, key, 'POLICY_ERROR')
      if (checked.ok) found.add(key.id)
      else refusal = checked
    }
  if (found.size > 0) return ok([...found].reverse())
  return refuse(refusal.code, refusal.clause, `the bundle is not signed by its signer: ${refusal.detail}`)
}

/** What of the files is not as the statement has it. */
export function fileFault(files: Files, signed: ReadonlyMap<string, SignedFile>): Refusal | undefined {
  for (const name of signed.keys()) {
    if (name === signatureFile || !files.has(name))
      return bad(bundleSignatureClauses.there, 'a file that was signed is not in the bundle')
  }
  for (const [name, bytes] of files) {
    if (name === signatureFile) continue
    const stated = signed.get(name)
    if (!stated) return bad(bundleSignatureClauses.listed, `\`${name}\` is in the bundle and was not signed`)
    const hash = hashFile(name, bytes, stated.algorithm)
    if (!hash.ok) return hash
    if (hash.value !== stated.hash)
      return bad(bundleSignatureClauses.hash, `\`${name}\` is not the file that was signed`)
  }
  return undefined
}

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)
