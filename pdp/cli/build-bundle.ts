import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { readBundleDefinition } from '../config/read-bundle-definition.ts'
import { sha256 } from '../core/digest.ts'
import { packBundle } from '../policy/pack-bundle.ts'
import { writeReadSets } from '../policy/read-set/metadata.ts'
import { analysePlan } from '../rego/read-set/analyse-plan.ts'
import type { RegoToolchain } from '../rego/toolchain.ts'
import { readPolicyFolder } from './read-policy-folder.ts'

/** A bundle that was built. `revision` is derived from its sources: the same sources give the same bytes. */
export interface BuiltBundle {
  readonly name: string
  readonly revision: string
  readonly archive: Uint8Array
}

/** Builds the bundle of a definition file. Throws with file, row and column where the policy does not compile. */
export async function buildBundle(definitionPath: string, toolchain: RegoToolchain): Promise<BuiltBundle> {
  const { name, policies, entrypoints, roots } = readBundleDefinition(await readFile(definitionPath, 'utf8'))
  const folders = policies.map((policy) => resolve(dirname(definitionPath), policy))
  const sources = await Promise.all(folders.map(readPolicyFolder))
  const modules = Object.fromEntries(
    sources.flatMap(({ modules }, i) =>
      Object.entries(modules).map(([path, text]) => [`${basename(folders[i] ?? '')}/${path}`, text]),
    ),
  )
  const data = Object.assign({}, ...sources.map(({ data }) => data)) as Readonly<Record<string, unknown>> // objects, all of them
  const revision = sha256(JSON.stringify([name, entrypoints, roots, modules, data])).slice(0, 16)
  const compiled = await toolchain.compile({ modules, data, entrypoints, roots, revision, plan: true })
  if (!compiled.ok) {
    const lines = compiled.errors.map(({ file, row, col, message }) => `${file}:${row}:${col}: ${message}`)
    throw new Error(`bundle \`${name}\` does not compile\n${lines.join('\n')}`)
  }
  const wasm = compiled.value.entrypoints.map((entrypoint) => ({ entrypoint, module: '/policy.wasm' }))
  const metadata = writeReadSets(analysePlan(compiled.value.plan), sha256(compiled.value.wasm))
  const manifest = { revision, roots, wasm, rego_version: 1, metadata }
  return { name, revision, archive: packBundle({ wasm: compiled.value.wasm, manifest, data }) }
}
