import { ok, type Result } from '../core/result.ts'
import { packFiles } from './pack-files.ts'
import { signatureFile } from './signature/read-signature-file.ts'
import type { SigningKey } from './signature/read-signing-key.ts'
import { cosignFiles, signFiles, type SignOptions } from './signature/sign-files.ts'
import { type BundleLimits, unpackBundle } from './unpack-bundle.ts'

export interface SignBundleOptions extends SignOptions {
  readonly limits?: Partial<BundleLimits>
  /** Adds a signature to the statement that is there, in place of making a new one; `statement` has no say then. */
  readonly cosign?: boolean
}

/**
 * Signs a bundle (gzip, tar), a snapshot or a delta: the same files with `.signatures.json`, in place of one that was
 * there unless it is cosigned. Deterministic but for the randomness of ECDSA and RSASSA-PSS. Refuses (POLICY_ERROR) an
 * archive that could not be loaded as it is; looks into no file beyond its hash.
 */
export async function signBundle(
  archive: Uint8Array,
  key: SigningKey,
  { limits, cosign = false, ...options }: SignBundleOptions = {},
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const unpacked = await unpackBundle(archive, limits)
  if (!unpacked.ok) return unpacked
  const signed = cosign ? cosignFiles(unpacked.value, key, options) : signFiles(unpacked.value, key, options)
  if (!signed.ok) return signed
  return ok(packFiles([...new Map(unpacked.value).set(signatureFile, signed.value)]))
}
