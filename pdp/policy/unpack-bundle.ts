import type { Result } from '../core/result.ts'
import { gunzip, type GzipLimits } from './gunzip.ts'
import { patchFile } from './bundle-files.ts'
import { type TarLimits, untar } from './untar.ts'

export type BundleLimits = GzipLimits & TarLimits

const MIB = 1_048_576
const defaultLimits: BundleLimits = {
  compressed: 64 * MIB,
  expanded: 512 * MIB,
  ratio: 100,
  entries: 4096,
  entrySize: 256 * MIB,
}

/** The files of a bundle (gzip, tar) by name, within limits. Refuses with POLICY_ERROR. */
export async function unpackBundle(
  archive: Uint8Array,
  limits: Partial<BundleLimits> = {},
): Promise<Result<ReadonlyMap<string, Uint8Array>>> {
  const all = { ...defaultLimits, ...limits }
  const expanded = await gunzip(archive, all)
  return expanded.ok ? untar(expanded.value, all) : expanded
}

/** Whether an archive says that it is a delta. False for what cannot be unpacked: reading it as a snapshot says why. */
export async function isDelta(archive: Uint8Array, limits: Partial<BundleLimits> = {}): Promise<boolean> {
  const files = await unpackBundle(archive, limits)
  return files.ok && files.value.has(patchFile)
}
