import { type Clause, clauses } from '../../core/clause.ts'
import type { VerificationKey } from '../../core/key.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { SignedText } from '../../jose/read-jws.ts'
import { verifyJws } from '../../jose/verify-jws.ts'
import { hashFile } from './hash-file.ts'
import { readSignatureFile, signatureFile } from './read-signature-file.ts'
import { readSignedFiles, type SignedFile } from './read-signed-files.ts'

export const bundleSignatureClauses = clauses({
  signer: 'bundle-signature-signer',
  listed: 'bundle-signature-file-listed',
  there: 'bundle-signature-file-there',
  hash: 'bundle-signature-file-hash',
})

/** The files of a bundle by name, as unpacked. */
export type Files = ReadonlyMap<string, Uint8Array>

/**
 * Checks that one of `signers` signed exactly these files: its signature is good, every file but the signature's own is
 * listed and has the stated hash, and every listed file is there. The key's record says which algorithms are possible,
 * never the signature. Answers the `id` of the key. Refuses with POLICY_ERROR; without signers, everything.
 */
export function verifyFiles(files: Files, signers: readonly VerificationKey[]): Result<string> {
  const jws = readSignatureFile(files.get(signatureFile))
  if (!jws.ok) return jws
  const signer = findSigner(jws.value, signers)
  if (!signer.ok) return signer
  const signed = readSignedFiles(jws.value.payload)
  if (!signed.ok) return signed
  return fileFault(files, signed.value) ?? ok(signer.value.id)
}

/** The first key under which the signature is good; otherwise why the last one refused it. */
function findSigner(jws: SignedText, signers: readonly VerificationKey[]): Result<VerificationKey> {
  let refusal = bad(bundleSignatureClauses.signer, 'no signer is configured that the bundle could be signed by')
  for (const signer of signers) {
    const checked = verifyJws(jws, signer, 'POLICY_ERROR')
    if (checked.ok) return ok(signer)
    refusal = checked
  }
  return refuse(refusal.code, refusal.clause, `the bundle is not signed by its signer: ${refusal.detail}`)
}

function fileFault(files: Files, signed: ReadonlyMap<string, SignedFile>): Refusal | undefined {
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
