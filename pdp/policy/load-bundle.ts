import { clauses } from '../core/clause.ts'
import { type Digest, sha256 } from '../core/digest.ts'
import type { JsonObject } from '../core/json.ts'
import type { VerificationKey } from '../core/key.ts'
import type { ReadSet, ReadTree } from '../core/read-tree.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readModule } from './abi.ts'
import { builtins as allBuiltins } from './builtins/list.ts'
import type { Builtin } from './builtins/builtin.ts'
import { readBundleData } from './bundle-data.ts'
import { sortBundleFiles } from './bundle-files.ts'
import { createEvaluator, type Evaluator, type ReplacedReason } from './evaluator.ts'
import { startInstance } from './instance.ts'
import type { InstanceSource } from './isolated/isolate-message.ts'
import { checkCorpus } from './corpus.ts'
import { type Manifest, readManifest } from './manifest.ts'
import type { MemoryLimits } from './module-memory.ts'
import { readReadSets } from './read-set/metadata.ts'
import { project } from './read-set/project.ts'
import { checkStatement, type StatementRules } from './signature/check-statement.ts'
import { type Files, type Verified, verifyFiles } from './signature/verify-files.ts'
import { type BundleLimits, unpackBundle } from './unpack-bundle.ts'

export const bundleClauses = clauses({
  entrypoint: 'bundle-entrypoint-present',
  entrypoints: 'bundle-manifest-entrypoints',
})

export interface LoadBundleOptions {
  /** Entrypoints that must be there, such as `orders/decision`. */
  readonly entrypoints?: readonly string[]
  readonly limits?: Partial<BundleLimits>
  readonly memory?: Partial<MemoryLimits>
  /** Told each time an instance was replaced after an abort or a trap. */
  readonly onReplaced?: (reason: ReplacedReason) => void
  /** The host builtins; absent: all there are. */
  readonly builtins?: readonly Builtin[]
  /**
   * Who must have signed the bundle: one of these keys, over every file. An empty list admits no bundle at all. Only
   * who made the archive in this very process may leave it out: the demo, tests, a tool that has just built it. Then a
   * signature is not looked at.
   */
  readonly signer?: VerificationKey | readonly VerificationKey[]
  /** How many of the signers must have signed; absent: one. */
  readonly threshold?: number
  /** What the signed statement is held to beside the files. */
  readonly statement?: StatementRules
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
  /** By entrypoint, as the metadata says for this very module; an entrypoint that is not here may read everything. */
  readonly readSets: ReadonlyMap<string, ReadSet>
  /** Of what these entrypoints read of the data: no other part of it decides anything in them. */
  readonly readDataDigests: ReadonlyMap<string, Digest>
  readonly evaluator: Evaluator
  /** To start further instances from, on other threads; with all the builtins there are. */
  readonly source: InstanceSource
  /** Bytes of one input. */
  readonly maximumInput: number
  /** As the manifest names them. */
  readonly entrypoints: readonly string[]
  /** The bundle's own corpus, which it passed. */
  readonly corpus?: Uint8Array
  /** Who signed it, and what; absent where no signer was asked for. */
  readonly signed?: Verified
}

const MIB = 1_048_576
const defaultMemory: MemoryLimits = { input: MIB / 4, working: 64 * MIB }

/**
 * Reads an OPA bundle (gzip, tar) and starts an instance of its policy. Refuses (POLICY_ERROR) anything that is not
 * whole: names, sizes, signature and what it states, manifest, data, ABI, builtins, entrypoints, the bundle's own corpus.
 * With a signer, nothing is made of a file before the signature over it is good.
 */
export async function loadBundle(archive: Uint8Array, options: LoadBundleOptions = {}): Promise<Result<LoadedBundle>> {
  const opened = await openBundle(archive, options)
  if (!opened.ok) return opened
  const files = sortBundleFiles(opened.value.files)
  if (!files.ok) return files
  const manifest = readManifest(files.value.manifest)
  if (!manifest.ok) return manifest
  const data = readBundleData(files.value.data, manifest.value.roots)
  if (!data.ok) return data
  const module = await readModule(new Uint8Array(files.value.module))
  if (!module.ok) return module
  const content: BundleContent = {
    manifest: manifest.value,
    digest: sha256(archive),
    module: module.value,
    moduleDigest: sha256(files.value.module),
    data: data.value,
    ...(files.value.corpus && { corpus: files.value.corpus }),
    ...(opened.value.signed && { signed: opened.value.signed }),
  }
  return startBundle(content, options)
}

/** The files of an archive; with a signer, those that are signed as they must be. Refuses with POLICY_ERROR. */
export async function openBundle(
  archive: Uint8Array,
  options: Pick<LoadBundleOptions, 'limits' | 'signer' | 'threshold' | 'statement'>,
): Promise<Result<{ readonly files: Files; readonly signed?: Verified }>> {
  const unpacked = await unpackBundle(archive, options.limits)
  if (!unpacked.ok) return unpacked
  const files = unpacked.value
  if (!('signer' in options)) return ok({ files })
  // a signer that is named but absent admits nothing, like an empty list
  const keys = [options.signer ?? []].flat()
  const signed = verifyFiles(files, { keys, ...(options.threshold !== undefined && { threshold: options.threshold }) })
  if (!signed.ok) return signed
  return checkStatement(signed.value.statement, options.statement ?? {}) ?? ok({ files, signed: signed.value })
}

/** What a bundle is made of, read and not started. */
export interface BundleContent extends Pick<LoadedBundle, 'digest' | 'moduleDigest' | 'corpus' | 'signed'> {
  readonly manifest: Manifest
  readonly module: InstanceSource['module']
  readonly data: JsonObject
}

/** Starts an instance, and looks whether it can do what the bundle says: entrypoints and corpus. Refuses with POLICY_ERROR. */
export function startBundle(content: BundleContent, options: LoadBundleOptions): Result<LoadedBundle> {
  const { manifest, digest, module, moduleDigest, data, corpus, signed } = content
  const memory = { ...defaultMemory, ...options.memory }
  const dataText = JSON.stringify(data)
  const instance = startInstance(module, dataText, options.builtins ?? allBuiltins, memory)
  if (!instance.ok) return instance
  const present = instance.value.entrypoints
  if (manifest.entrypoints.some((name) => !present.has(name)))
    return refuse('POLICY_ERROR', bundleClauses.entrypoints, '.manifest names an entrypoint that policy.wasm lacks')
  const missing = options.entrypoints?.find((name) => !present.has(name))
  if (missing !== undefined)
    return refuse(
      'POLICY_ERROR',
      bundleClauses.entrypoint,
      `the bundle has no entrypoint ${missing}; it must be built with it`,
    )
  const readSets = readReadSets(manifest.metadata, moduleDigest)
  const digestRead = (tree: ReadTree): Digest => sha256(JSON.stringify(project(tree, data)))
  const bundle: LoadedBundle = {
    revision: manifest.revision,
    digest,
    moduleDigest,
    dataDigest: sha256(dataText),
    roots: manifest.roots,
    metadata: manifest.metadata,
    entrypoints: manifest.entrypoints,
    readSets,
    readDataDigests: new Map([...readSets].map(([name, readSet]) => [name, digestRead(readSet.data)])),
    evaluator: createEvaluator(instance.value, options.onReplaced ?? (() => undefined)),
    source: { module, data: Buffer.from(dataText), memory },
    maximumInput: memory.input,
    ...(corpus && { corpus }),
    ...(signed && { signed }),
  }
  return (corpus && checkCorpus(corpus, bundle)) ?? ok(bundle)
}
