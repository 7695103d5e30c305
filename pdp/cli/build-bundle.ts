import { readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { readBundleDefinition } from '../config/read-bundle-definition.ts'
import { sha256 } from '../core/digest.ts'
import { packBundle } from '../policy/pack-bundle.ts'
import { writeReadSets } from '../policy/read-set/metadata.ts'
import { analysePlan } from '../rego/read-set/analyse-plan.ts'
import type { RegoToolchain } from '../rego/toolchain.ts'
import { type PolicySources, readPolicyFolder, readTestModules } from './read-policy-folder.ts'

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
  const { name, entrypoints, roots, modules, data } = await readDefinitionSources(definitionPath)
  const revision = sha256(JSON.stringify([name, entrypoints, roots, modules, data])).slice(0, 16)
  const compiled = await toolchain.compile({ modules, data, entrypoints, roots, revision, plan: true })
  if (!compiled.ok) {
    const lines = compiled.errors.map(({ file, row, col, message }) => `${file}:${row}:${col}: ${message}`)
    throw new Error(`bundle \`${name}\` does not compile\n${lines.join('\n')}`)
  }
  const wasm = compiled.value.entrypoints.map((entrypoint) => ({ entrypoint, module: '/policy.wasm' }))
  const metadata = writeReadSets(analysePlan(compiled.value.plan), sha256(compiled.value.wasm))
  const manifest = { revision, roots, wasm, rego_version: 1, metadata }
  const archive = packBundle({ wasm: compiled.value.wasm, manifest, data })
  return { name, revision, archive, entrypoints, hostBuiltins: compiled.value.hostBuiltins, plan: compiled.value.plan }
}

/** What a definition names, read: the policy without its tests, and the tests beside it. */
export interface DefinitionSources extends PolicySources {
  readonly name: string
  readonly entrypoints: readonly string[]
  readonly roots: readonly string[]
  readonly tests: PolicySources['modules']
  /** The path of a module as it can be opened from the working folder; what is no module of these stays as it is. */
  readonly placed: (module: string) => string
}

/** Reads a definition and its folders. Paths of modules begin with the name of their folder. Throws, for the author. */
export async function readDefinitionSources(definitionPath: string): Promise<DefinitionSources> {
  const { name, policies, entrypoints, roots } = readBundleDefinition(await readFile(definitionPath, 'utf8'))
  const folders = policies.map((policy) => resolve(dirname(definitionPath), policy))
  const sources = await Promise.all(folders.map(readPolicyFolder))
  const tests = await Promise.all(folders.map(readTestModules))
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
    placed(module) {
      const folder = folders.find((path) => module.startsWith(`${basename(path)}/`))
      if (folder === undefined) return module
      const path = relative(process.cwd(), join(dirname(folder), module))
      return path.startsWith('..') ? join(dirname(folder), module) : path
    },
  }
}
