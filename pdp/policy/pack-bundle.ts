import { corpusFile } from './bundle-files.ts'
import type { CorpusCase } from './corpus.ts'
import { packFiles } from './pack-files.ts'

/** The parts of a bundle, as the toolchain's compile answers them. */
export interface BundleParts {
  readonly wasm: Uint8Array
  /** `.manifest`: revision, roots, wasm. */
  readonly manifest: Readonly<Record<string, unknown>>
  /** The base documents, for `data.json` at the top; absent: none. */
  readonly data?: Readonly<Record<string, unknown>>
  /** Rego by path, carried for readers; absent: none. */
  readonly modules?: Readonly<Record<string, string>>
  /** What its policy must answer before it may become active; absent: no corpus. */
  readonly corpus?: readonly CorpusCase[]
}

/** Packs an OPA bundle: tar.gz, the same bytes for the same parts and the same zlib. */
export function packBundle({ wasm, manifest, data = {}, modules = {}, corpus }: BundleParts): Uint8Array<ArrayBuffer> {
  const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`)
  const files: readonly (readonly [string, Uint8Array])[] = [
    ['.manifest', json(manifest)],
    ...(corpus ? [[corpusFile, json({ cases: corpus })] as const] : []),
    ['data.json', json(data)],
    ['policy.wasm', wasm],
    ...Object.entries(modules).map(([path, text]): readonly [string, Uint8Array] => [path, Buffer.from(text)]),
  ]
  return packFiles(files)
}
