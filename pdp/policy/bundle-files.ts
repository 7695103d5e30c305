import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { signatureFile } from './signature/read-signature-file.ts'

export const bundleFileClauses = clauses({
  manifest: 'bundle-manifest-present',
  module: 'bundle-module-present',
  known: 'bundle-file-known',
  delta: 'bundle-snapshot',
})

/** The files of a bundle by their part in it. Sources are carried for readers and never evaluated. */
export interface BundleFiles {
  readonly manifest: Uint8Array
  readonly module: Uint8Array
  readonly data: ReadonlyMap<string, Uint8Array>
  /** What its policy must answer, in the bundle's own words. */
  readonly corpus?: Uint8Array
}

/** The file of a bundle that holds what its policy must answer. OPA reads past it. */
export const corpusFile = 'corpus.json'

/** The file that makes an archive a delta (OPA's format). */
export const patchFile = 'patch.json'

const others = ['.manifest', 'policy.wasm', signatureFile, corpusFile]

/** Sorts the files. Refuses (POLICY_ERROR) what lacks a part and any file whose meaning would be lost. */
export function sortBundleFiles(files: ReadonlyMap<string, Uint8Array>): Result<BundleFiles> {
  const manifest = files.get('.manifest')
  const module = files.get('policy.wasm')
  if (files.has(patchFile))
    return refuse(
      'POLICY_ERROR',
      bundleFileClauses.delta,
      'this is a delta; it can only change a snapshot that is active',
    )
  if (!manifest) return refuse('POLICY_ERROR', bundleFileClauses.manifest, 'the bundle has no .manifest')
  if (!module)
    return refuse(
      'POLICY_ERROR',
      bundleFileClauses.module,
      'the bundle has no policy.wasm; build it for the wasm target',
    )
  const data = new Map<string, Uint8Array>()
  for (const [name, bytes] of files) {
    const last = name.slice(name.lastIndexOf('/') + 1)
    if (last === 'data.json') data.set(name, bytes)
    else if (!name.endsWith('.rego') && !others.includes(name))
      return refuse('POLICY_ERROR', bundleFileClauses.known, 'the bundle holds a file that is not part of one')
  }
  const corpus = files.get(corpusFile)
  return ok({ manifest, module, data, ...(corpus && { corpus }) })
}
