import { type Clause, clauses } from '../core/clause.ts'
import { sha256 } from '../core/digest.ts'
import type { JsonObject } from '../core/json.ts'
import { type Refusal, type Result, refuse } from '../core/result.ts'
import { applyPatch } from './apply-patch.ts'
import { corpusFile, patchFile } from './bundle-files.ts'
import { type LoadBundleOptions, type LoadedBundle, openBundle, startBundle } from './load-bundle.ts'
import { readManifest } from './manifest.ts'
import { signatureFile } from './signature/read-signature-file.ts'

export const deltaClauses = clauses({
  manifest: 'bundle-delta-manifest',
  files: 'bundle-delta-files',
  signed: 'bundle-delta-signed',
  base: 'bundle-delta-base',
  roots: 'bundle-delta-roots',
  wasm: 'bundle-delta-wasm',
})

const possible = ['.manifest', patchFile, signatureFile, corpusFile]

/**
 * Reads a delta (OPA's format) and starts an instance of what it makes of the bundle that is active. OPA checks no
 * signature of deltas; here a delta is signed like any bundle, over all of its files, and states by `base` the sequence
 * of the bundle that it was made for, whose roots and entrypoints it has. Its policy and, unless it brings another, its
 * corpus are those of that bundle. Refuses with POLICY_ERROR.
 */
export async function loadDelta(
  archive: Uint8Array,
  base: LoadedBundle,
  options: LoadBundleOptions,
): Promise<Result<LoadedBundle>> {
  const opened = await openBundle(archive, options)
  if (!opened.ok) return opened
  const { files, signed } = opened.value
  const patch = files.get(patchFile)
  const text = files.get('.manifest')
  if (!patch || [...files.keys()].some((name) => !possible.includes(name)))
    return bad(deltaClauses.files, `a delta may hold only ${possible.join(', ')}`)
  if (!text) return bad(deltaClauses.manifest, 'the delta has no .manifest')
  if (!signed || !base.signed)
    return bad(deltaClauses.signed, 'deltas are taken of signed bundles alone; serve a snapshot')
  const { sequence, base: stated } = signed.statement
  if (sequence === undefined || stated === undefined || stated !== base.signed.statement.sequence)
    return bad(
      deltaClauses.base,
      'the delta was not signed for the bundle that is active; sign it with a sequence and with the base it is made for',
    )
  const manifest = readManifest(text)
  if (!manifest.ok) return manifest
  if (!isSameSet(manifest.value.roots, base.roots))
    return bad(deltaClauses.roots, 'the delta has other roots than the bundle it changes')
  if (!isSameSet(manifest.value.entrypoints, base.entrypoints))
    return bad(deltaClauses.wasm, 'the delta has other entrypoints than the bundle it changes')
  const before = JSON.parse(Buffer.from(base.source.data).toString('utf8')) as JsonObject // as `startBundle` wrote it
  const data = applyPatch(patch, before, base.roots)
  if (!data.ok) return data
  const corpus = files.get(corpusFile) ?? base.corpus
  return startBundle(
    {
      manifest: { ...manifest.value, metadata: { ...manifest.value.metadata, ...base.metadata } },
      digest: sha256(`${base.digest} ${sha256(archive)}`),
      module: base.source.module,
      moduleDigest: base.moduleDigest,
      data: data.value,
      signed,
      ...(corpus && { corpus }),
    },
    options,
  )
}

const isSameSet = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted())

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)
