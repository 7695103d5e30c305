import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { PolicyInput } from '../../../pdp/core/policy-input.ts'
import { loadBundle, type LoadBundleOptions, type LoadedBundle } from '../../../pdp/policy/load-bundle.ts'
import type { CompiledPolicy } from '../../../pdp/policy/compiled-policy.ts'
import { type BundleParts, packBundle } from '../../../pdp/policy/pack-bundle.ts'
import { createPolicySet } from '../../../pdp/policy/policy-set.ts'
import type { ResultRules } from '../../../pdp/policy/read-result.ts'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { createService } from '../../support/world.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = join(root, 'build', 'test-policies')

export interface TestSources {
  /** One module, or several by path. */
  readonly rego: string | Readonly<Record<string, string>>
  readonly entrypoints?: readonly string[]
  readonly data?: JsonObject
}

/** Compiles Rego into the parts of a bundle; kept in `build/` for as long as sources and toolchain stay the same. */
export async function compileTestPolicy({
  rego,
  entrypoints = ['t/decision'],
  data = {},
}: TestSources): Promise<Required<Omit<BundleParts, 'corpus'>>> {
  const modules = typeof rego === 'string' ? { 'policy.rego': rego } : rego
  const request = { modules, entrypoints, data, revision: 'test-1' }
  const toolchain = await readFile(join(root, 'build', '.stamps', 'rego'), 'utf8').catch(() => '')
  const name = createHash('sha256').update(toolchain).update(JSON.stringify(request)).digest('hex').slice(0, 24)
  const path = join(folder, `${name}.json`)
  const kept = await readFile(path, 'utf8').catch(() => undefined)
  if (kept !== undefined) {
    const parts: Required<Omit<BundleParts, 'corpus'>> & { readonly wasm: string } = JSON.parse(kept)
    return { ...parts, wasm: Buffer.from(parts.wasm, 'base64') }
  }
  const compiled = await compileOnce(request)
  const parts = { wasm: compiled.wasm, manifest: compiled.manifest, data, modules }
  await mkdir(folder, { recursive: true })
  await writeFile(
    `${path}.${process.pid}`,
    JSON.stringify({ ...parts, wasm: Buffer.from(parts.wasm).toString('base64') }),
  )
  await rename(`${path}.${process.pid}`, path)
  return parts
}

async function compileOnce(request: Parameters<ReturnType<typeof createRegoToolchain>['compile']>[0]) {
  const toolchain = createRegoToolchain()
  try {
    const answer = await toolchain.compile(request)
    if (!answer.ok) throw new Error(`test policy does not compile: ${JSON.stringify(answer.errors)}`)
    return answer.value
  } finally {
    await toolchain.close()
  }
}

/** Loads what {@link compileTestPolicy} made. */
export async function loadTestBundle(sources: TestSources, options: LoadBundleOptions = {}): Promise<LoadedBundle> {
  const bundle = await loadBundle(packBundle(await compileTestPolicy(sources)), options)
  if (!bundle.ok) throw new Error(`test bundle is refused: ${bundle.clause}: ${bundle.detail}`)
  return bundle.value
}

/** The active policy of a loaded bundle, undecorated. */
export function policyOf(bundle: LoadedBundle, entrypoint = 't/decision', rules?: ResultRules): CompiledPolicy {
  let found: CompiledPolicy | undefined
  const set = createPolicySet({
    ...(rules && { rules }),
    decorate(policy) {
      if (policy.scope['entrypoint'] === entrypoint) found = policy
      return policy
    },
  })
  set.activate('t', bundle)
  if (!found) throw new Error('test bundle lacks the entrypoint')
  return found
}

/** A small input; `context` is where tests put what their policy reads. */
export const inputWith = (context: JsonObject = {}, more: Partial<PolicyInput> = {}): PolicyInput => ({
  service: { name: 't', environment: 'test' },
  pep: { name: 'gateway' },
  attested: {},
  attested_sources: {},
  verified: [],
  delegation: [],
  context,
  time: { now_ns: '1772458200000000001' },
  ...more,
})

export const testService = createService('t', { entrypoint: 't/decision' })
