import { readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { type BundleDefinition, readBundleDefinition } from '../config/read-bundle-definition.ts'
import { sha256 } from '../core/digest.ts'
import type { JsonObject } from '../core/json.ts'
import type { CorpusCase } from '../policy/corpus.ts'
import { loadBundle } from '../policy/load-bundle.ts'
import { packBundle } from '../policy/pack-bundle.ts'
import { writeReadSets } from '../policy/read-set/metadata.ts'
import { analysePlan } from '../rego/read-set/analyse-plan.ts'
import type { RegoError } from '../rego/answer.ts'
import type { RegoToolchain } from '../rego/toolchain.ts'
import { unknownEntrypoints } from './author/lint/unknown-entrypoints.ts'
import { readExamples } from './read-examples.ts'
import { type PolicySources, readMatrixFiles, readPolicyFolder, readTestModules } from './read-policy-folder.ts'

/** A bundle that was built. `revision` is derived from its sources: the same sources give the same bytes. */
export interface BuiltBundle {
  readonly name: string
  readonly revision: string
  readonly archive: Uint8Array
  readonly entrypoints: readonly string[]
  /** The builtins that its module asks the host for. */
  readonly hostBuiltins: readonly string[]
  /** OPA's plan of the same build, as JSON. */
  readonly plan: unknown
}

/** Builds the bundle of a definition file. Throws with file, row and column where the policy does not compile. */
export async function buildBundle(definitionPath: string, toolchain: RegoToolchain): Promise<BuiltBundle> {
  const sources = await readDefinitionSources(definitionPath)
  const { name, entrypoints, roots, modules, data, metadata, corpus, placed } = sources
  const said = Object.keys(metadata).length > 0 || corpus.length > 0 ? [metadata, corpus] : []
  const revision = sha256(JSON.stringify([name, entrypoints, roots, modules, data, ...said])).slice(0, 16)
  const compiled = await toolchain.compile({ modules, data, entrypoints, roots, revision, plan: true })
  if (!compiled.ok) {
    const isOfEntrypoint = compiled.errors.some(({ code }) => code === 'rego_entrypoint_error')
    const parsed = isOfEntrypoint ? await toolchain.parse({ modules }) : undefined
    // syntax trees are JSON
    const trees = parsed?.ok === true ? Object.values(parsed.value.modules).map((tree) => tree as JsonObject) : []
    const unknown = trees.length > 0 ? unknownEntrypoints(entrypoints, trees).map(({ message }) => message) : []
    const lines = unknown.length > 0 ? unknown : compiled.errors.map((error) => errorLine(error, placed))
    throw new Error(`bundle \`${name}\` does not compile\n${lines.join('\n')}`)
  }
  const wasm = compiled.value.entrypoints.map((entrypoint) => ({ entrypoint, module: '/policy.wasm' }))
  const readSets = writeReadSets(analysePlan(compiled.value.plan), sha256(compiled.value.wasm))
  const manifest = { revision, roots, wasm, rego_version: 1, metadata: { ...metadata, ...readSets } }
  const archive = packBundle({ wasm: compiled.value.wasm, manifest, data, ...(corpus.length > 0 && { corpus }) })
  if (corpus.length > 0) await holdToCorpus(archive, name)
  return { name, revision, archive, entrypoints, hostBuiltins: compiled.value.hostBuiltins, plan: compiled.value.plan }
}

/** An error of the toolchain in a line that leads to its place; one without a place is its message alone. */
export const errorLine = ({ file, row, col, message }: RegoError, placed: (module: string) => string): string =>
  file === '' ? message : `${placed(file)}:${row}:${col}: ${message}`

/** A bundle that its own corpus would keep from ever becoming active is not built. */
async function holdToCorpus(archive: Uint8Array, name: string): Promise<void> {
  const loaded = await loadBundle(archive)
  if (!loaded.ok) throw new Error(`bundle \`${name}\`: ${loaded.detail} (${loaded.clause})`)
}

/** What a definition names, read: the policy without its tests, and the tests beside it. */
export interface DefinitionSources extends PolicySources {
  readonly name: string
  readonly entrypoints: readonly string[]
  readonly roots: readonly string[]
  readonly tests: PolicySources['modules']
  /** Matrices by path, as texts. */
  readonly matrices: PolicySources['modules']
  readonly folders: readonly string[]
  /** The path of a module as it can be opened from the working folder; what is no module of these stays as it is. */
  readonly placed: (module: string) => string
  readonly metadata: BundleDefinition['metadata']
  readonly corpus: readonly CorpusCase[]
}

/** Reads a definition and its folders. Paths of modules begin with the name of their folder. Throws, for the author. */
export async function readDefinitionSources(definitionPath: string): Promise<DefinitionSources> {
  const definition = readBundleDefinition(await readFile(definitionPath, 'utf8'))
  const { name, policies, entrypoints, roots, metadata } = definition
  const folders = policies.map((policy) => resolve(dirname(definitionPath), policy))
  const sources = await Promise.all(folders.map(readPolicyFolder))
  const tests = await Promise.all(folders.map(readTestModules))
  const matrices = await Promise.all(folders.map(readMatrixFiles))
  const inFolders = (each: readonly PolicySources['modules'][]) =>
    Object.fromEntries(
      each.flatMap((modules, i) =>
        Object.entries(modules).map(([path, text]) => [`${basename(folders[i] ?? '')}/${path}`, text]),
      ),
    )
  const data = Object.assign({}, ...sources.map(({ data }) => data)) as Readonly<Record<string, unknown>> // objects, all of them
  return {
    name,
    entrypoints,
    roots,
    modules: inFolders(sources.map(({ modules }) => modules)),
    data,
    tests: inFolders(tests),
    matrices: inFolders(matrices),
    folders,
    placed(module) {
      const folder = folders.find((path) => module.startsWith(`${basename(path)}/`))
      if (folder === undefined) return module
      const path = relative(process.cwd(), join(dirname(folder), module))
      return path.startsWith('..') ? join(dirname(folder), module) : path
    },
    metadata,
    corpus: await readExamples(
      definition.corpus.map((folder) => resolve(dirname(definitionPath), folder)),
      entrypoints,
    ),
  }
}
