import { clauses } from '../core/clause.ts'
import { type Digest, sha256 } from '../core/digest.ts'
import type { JsonObject } from '../core/json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readModule } from './abi.ts'
import { builtins as allBuiltins } from './builtins/list.ts'
import type { Builtin } from './builtins/builtin.ts'
import { readBundleData } from './bundle-data.ts'
import { sortBundleFiles } from './bundle-files.ts'
import { createEvaluator, type Evaluator, type ReplacedReason } from './evaluator.ts'
import { gunzip, type GzipLimits } from './gunzip.ts'
import { startInstance } from './instance.ts'
import { readManifest } from './manifest.ts'
import type { MemoryLimits } from './module-memory.ts'
import { type TarLimits, untar } from './untar.ts'

export const bundleClauses = clauses({
  entrypoint: 'bundle-entrypoint-present',
  entrypoints: 'bundle-manifest-entrypoints',
})

export type BundleLimits = GzipLimits & TarLimits

export interface LoadBundleOptions {
  /** Entrypoints that must be there, such as `orders/decision`. */
  readonly entrypoints?: readonly string[]
  readonly limits?: Partial<BundleLimits>
  readonly memory?: Partial<MemoryLimits>
  /** Told each time an instance was replaced after an abort or a trap. */
  readonly onReplaced?: (reason: ReplacedReason) => void
  /** The host builtins; absent: all there are. */
  readonly builtins?: readonly Builtin[]
}

/**
 * A bundle that was checked whole and is ready to evaluate. Digests are of the archive, of policy.wasm and of the merged
 * data. It may be active under several names: what it evaluates does not depend on that.
 */
export interface LoadedBundle {
  readonly revision: string
  readonly digest: Digest
  readonly moduleDigest: Digest
  readonly dataDigest: Digest
  readonly roots: readonly string[]
  readonly metadata: JsonObject
  readonly evaluator: Evaluator
  /** Bytes of one input. */
  readonly maximumInput: number
}

const MIB = 1_048_576
const defaultLimits: BundleLimits = {
  compressed: 64 * MIB,
  expanded: 512 * MIB,
  ratio: 100,
  entries: 4096,
  entrySize: 256 * MIB,
}
const defaultMemory: MemoryLimits = { input: MIB / 4, working: 64 * MIB }

/**
 * Reads an OPA bundle (gzip, tar) and starts an instance of its policy. Refuses (POLICY_ERROR) anything that is not
 * whole: names, sizes, manifest, data, ABI, builtins, entrypoints.
 */
export async function loadBundle(archive: Uint8Array, options: LoadBundleOptions = {}): Promise<Result<LoadedBundle>> {
  const limits = { ...defaultLimits, ...options.limits }
  const memory = { ...defaultMemory, ...options.memory }
  const expanded = await gunzip(archive, limits)
  if (!expanded.ok) return expanded
  const unpacked = untar(expanded.value, limits)
  if (!unpacked.ok) return unpacked
  const files = sortBundleFiles(unpacked.value)
  if (!files.ok) return files
  const manifest = readManifest(files.value.manifest)
  if (!manifest.ok) return manifest
  const data = readBundleData(files.value.data, manifest.value.roots)
  if (!data.ok) return data
  const module = await readModule(new Uint8Array(files.value.module))
  if (!module.ok) return module
  const dataText = JSON.stringify(data.value)
  const instance = startInstance(module.value, dataText, options.builtins ?? allBuiltins, memory)
  if (!instance.ok) return instance
  const present = instance.value.entrypoints
  if (manifest.value.entrypoints.some((name) => !present.has(name)))
    return refuse('POLICY_ERROR', bundleClauses.entrypoints, '.manifest names an entrypoint that policy.wasm lacks')
  const missing = options.entrypoints?.find((name) => !present.has(name))
  if (missing !== undefined)
    return refuse(
      'POLICY_ERROR',
      bundleClauses.entrypoint,
      `the bundle has no entrypoint ${missing}; it must be built with it`,
    )
  return ok({
    revision: manifest.value.revision,
    digest: sha256(archive),
    moduleDigest: sha256(files.value.module),
    dataDigest: sha256(dataText),
    roots: manifest.value.roots,
    metadata: manifest.value.metadata,
    evaluator: createEvaluator(instance.value, options.onReplaced ?? (() => undefined)),
    maximumInput: memory.input,
  })
}
