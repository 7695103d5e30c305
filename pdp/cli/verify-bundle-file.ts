import { readFile } from 'node:fs/promises'
import type { Result } from '../core/result.ts'
import { readSignerKey } from '../policy/signature/read-signer-key.ts'
import { verifyFiles } from '../policy/signature/verify-files.ts'
import { unpackBundle } from '../policy/unpack-bundle.ts'

/** `signer`: the files of public keys, one of which must have signed. */
export interface VerifyBundleFileOptions {
  readonly signer: readonly string[]
}

/**
 * Checks the signature of the bundle in a file as activation does, and nothing else of it. Answers the `id` of the key
 * that signed it, or the refusal. Throws for a file of a signer that holds no public key.
 */
export async function verifyBundleFile(path: string, { signer }: VerifyBundleFileOptions): Promise<Result<string>> {
  const signers = await Promise.all(signer.map(readSigner))
  const unpacked = await unpackBundle(await readFile(path))
  return unpacked.ok ? verifyFiles(unpacked.value, signers) : unpacked
}

async function readSigner(path: string) {
  const key = readSignerKey(await readFile(path, 'utf8'))
  if (!key.ok) throw new Error(`\`${path}\`: ${key.detail}`)
  return key.value
}
