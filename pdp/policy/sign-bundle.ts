import { ok, type Result } from '../core/result.ts'
import { packFiles } from './pack-files.ts'
import { signatureFile } from './signature/read-signature-file.ts'
import type { SigningKey } from './signature/read-signing-key.ts'
import { signFiles, type SignOptions } from './signature/sign-files.ts'
import { type BundleLimits, unpackBundle } from './unpack-bundle.ts'

export interface SignBundleOptions extends SignOptions {
  readonly limits?: Partial<BundleLimits>
}

/**
 * Signs a bundle (gzip, tar): the same files with `.signatures.json`, in place of one that was there. Deterministic but
 * for the randomness of ECDSA and RSASSA-PSS. Refuses (POLICY_ERROR) an archive that could not be loaded as it is; looks
 * into no file beyond its hash.
 */
export async function signBundle(
  archive: Uint8Array,
  key: SigningKey,
  { limits, ...options }: SignBundleOptions = {},
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const unpacked = await unpackBundle(archive, limits)
  if (!unpacked.ok) return unpacked
  const signed = signFiles(unpacked.value, key, options)
  if (!signed.ok) return signed
  return ok(packFiles([...new Map(unpacked.value).set(signatureFile, signed.value)]))
}
