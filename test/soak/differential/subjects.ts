import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPolicyFolder } from '../../../pdp/cli/read-policy-folder.ts'
import { isObject, type JsonValue } from '../../../pdp/core/json.ts'
import { createRegoToolchain, type RegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { buildCorpus, readCases, readModules } from '../../conformance/rego/corpus.ts'
import { type SmallPolicy, smallPolicies } from '../../property/policy/read-set/policies.ts'
import { readSources } from './conformance-sources.ts'
import { endingPolicies } from './policies.ts'
import type { Subject } from './subject.ts'

const examples = fileURLToPath(new URL('../../../policies/', import.meta.url))

/** The example policies with their examples, and the small ones, with their source. */
export async function readPolicies(): Promise<readonly Subject[]> {
  const toolchain = createRegoToolchain()
  try {
    const large = await Promise.all(['orders', 'agent-tools'].map((name) => readExample(toolchain, name)))
    // apart, since the module of the others needs builtins that the SDK has not
    const small = await Promise.all([endingPolicies, smallPolicies].map((some) => compileSmall(toolchain, some)))
    return [...large, ...small.flat()]
  } finally {
    await toolchain.close()
  }
}

async function readExample(toolchain: RegoToolchain, name: string): Promise<Subject> {
  const { modules, data } = await readPolicyFolder(join(examples, name))
  const entrypoint = `${name.replaceAll('-', '_')}/decision`
  const wasm = await compile(toolchain, modules, [entrypoint])
  const files = await readdir(join(examples, name, 'examples'))
  const seeds = await Promise.all(
    files.map(async (file): Promise<JsonValue> => {
      const example: JsonValue = JSON.parse(await readFile(join(examples, name, 'examples', file), 'utf8'))
      return (isObject(example) ? example['input'] : undefined) ?? {}
    }),
  )
  const source = { modules, data, expression: `data.${entrypoint.replaceAll('/', '.')}` }
  return { name, wasm, entrypoint: 0, data: JSON.stringify(data), seeds, source }
}

/** All of them in one module, each an entrypoint. */
async function compileSmall(toolchain: RegoToolchain, policies: readonly SmallPolicy[]): Promise<readonly Subject[]> {
  const modules = Object.fromEntries(
    policies.flatMap(({ name, rego, packages = {} }) => [
      [`${name}.rego`, `package p.${name}\n${rego}\n`],
      ...Object.entries(packages).map(([inner, text]) => [
        `${name}.${inner}.rego`,
        `package p.${name}.${inner}\n${text}\n`,
      ]),
    ]),
  )
  const data = { d: Object.fromEntries(policies.map(({ name, data: own = {} }) => [name, own])) }
  const names = policies.map(({ name }) => `p/${name}/decision`)
  const wasm = await compile(toolchain, modules, names)
  return policies.map(({ name, seeds }, entrypoint) => {
    const source = { modules, data, expression: `data.p.${name}.decision` }
    return { name: `small/${name}`, wasm, entrypoint, data: JSON.stringify(data), seeds, source }
  })
}

async function compile(
  toolchain: RegoToolchain,
  modules: Readonly<Record<string, string>>,
  entrypoints: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await toolchain.compile({ modules, entrypoints })
  if (!answer.ok)
    throw new Error(answer.errors.map(({ file, row, message }) => `${file}:${row}: ${message}`).join('\n'))
  return new Uint8Array(answer.value.wasm)
}

/** The distinct modules of OPA's own cases that have input: each with its first data, and all inputs that are JSON. */
export async function readConformance(): Promise<readonly Subject[]> {
  await buildCorpus()
  const byModule = Map.groupBy(
    readCases().filter(({ input }) => input !== undefined),
    ({ module }) => module,
  )
  const sources = await readSources()
  const subjects: Subject[] = []
  let number = 0
  for await (const wasm of readModules()) {
    const cases = byModule.get(number++)
    const [first] = cases ?? []
    if (!cases || !first) continue
    const seeds = cases.map(({ input }) => readJson(input ?? '')).filter((input) => input !== undefined)
    const source = sources.get(`${first.file}#${first.index}`)
    const data = first.data ?? '{}'
    const name = `${first.file}#${first.index}`
    if (seeds.length > 0) subjects.push({ name, wasm, entrypoint: 0, data, seeds, ...(source && { source }) })
  }
  return subjects
}

/** Inputs of cases may be any Rego term. */
function readJson(text: string): JsonValue | undefined {
  try {
    const input: JsonValue = JSON.parse(text)
    return input
  } catch {
    return undefined
  }
}
