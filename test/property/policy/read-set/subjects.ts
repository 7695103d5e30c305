import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPolicyFolder } from '../../../../pdp/cli/read-policy-folder.ts'
import { sha256 } from '../../../../pdp/core/digest.ts'
import { isObject, type JsonObject, type JsonValue } from '../../../../pdp/core/json.ts'
import type { ReadSet } from '../../../../pdp/core/read-tree.ts'
import { readModule } from '../../../../pdp/policy/abi.ts'
import { builtins } from '../../../../pdp/policy/builtins/list.ts'
import { startInstance } from '../../../../pdp/policy/instance.ts'
import { readReadSets, writeReadSets } from '../../../../pdp/policy/read-set/metadata.ts'
import { analysePlan } from '../../../../pdp/rego/read-set/analyse-plan.ts'
import { createRegoToolchain } from '../../../../pdp/rego/toolchain.ts'
import type { DataSubject } from './check-soundness.ts'
import { smallPolicies } from './policies.ts'

const examples = fileURLToPath(new URL('../../../../policies/', import.meta.url))

/** Read sets as a bundle carries them. */
export function carried(readSets: Readonly<Record<string, ReadSet>>): ReadonlyMap<string, ReadSet> {
  const module = sha256('any')
  const json: JsonObject = JSON.parse(JSON.stringify(writeReadSets(readSets, module)))
  return readReadSets(json, module)
}

/** The small policies as one module, and the example policies with their examples, each with the tree that was found. */
export async function prepareSubjects(): Promise<readonly DataSubject[]> {
  const toolchain = createRegoToolchain()
  async function compiled(
    modules: Readonly<Record<string, string>>,
    data: JsonObject,
    inputs: ReadonlyMap<string, readonly JsonValue[]>, // by entrypoint
  ): Promise<readonly DataSubject[]> {
    const entrypoints = [...inputs.keys()]
    const answer = await toolchain.compile({ modules, data, entrypoints, plan: true })
    if (!answer.ok)
      throw new Error(answer.errors.map(({ file, row, message }) => `${file}:${row}: ${message}`).join('\n'))
    const readSets = carried(analysePlan(answer.value.plan))
    const module = await readModule(new Uint8Array(answer.value.wasm))
    if (!module.ok) throw new Error(module.detail)
    const limits = { input: 1_048_576, working: 64 * 1_048_576 }
    const start = (documents: JsonValue) => {
      const instance = startInstance(module.value, JSON.stringify(documents), builtins, limits)
      if (!instance.ok) throw new Error(instance.detail)
      return instance.value
    }
    const instance = start(data)
    return answer.value.entrypoints.map((name, entrypoint) => {
      const readSet = readSets.get(name)
      if (!readSet) throw new Error(`no read set was found for ${name}`)
      const { input: tree, data: dataTree } = readSet
      return { name, instance, entrypoint, tree, seeds: inputs.get(name) ?? [], data, dataTree, start }
    })
  }
  try {
    const small = await compiled(
      Object.fromEntries(
        smallPolicies.flatMap(({ name, rego, packages = {} }) => [
          [`${name}.rego`, `package p.${name}\n${rego}\n`],
          ...Object.entries(packages).map(([inner, text]) => [
            `${name}.${inner}.rego`,
            `package p.${name}.${inner}\n${text}\n`,
          ]),
        ]),
      ),
      { d: Object.fromEntries(smallPolicies.map(({ name, data = {} }) => [name, data])) },
      new Map(smallPolicies.map(({ name, seeds }) => [`p/${name}/decision`, seeds])),
    )
    const large = await Promise.all(
      ['orders', 'agent-tools'].map(async (name) => {
        const { modules, data: documents } = await readPolicyFolder(join(examples, name))
        const data: JsonObject = JSON.parse(JSON.stringify(documents))
        const inputs = await readExamples(join(examples, name, 'examples'))
        return compiled(modules, data, new Map([[`${name.replaceAll('-', '_')}/decision`, inputs]]))
      }),
    )
    return [...small.map(withOwnData), ...large.flat()]
  } finally {
    await toolchain.close()
  }
}

/** Only what belongs to the policy itself of what the small policies share. */
function withOwnData(subject: DataSubject): DataSubject {
  const own = smallPolicies.find(({ name }) => subject.name === `p/${name}/decision`)
  return { ...subject, data: own?.data === undefined ? {} : { d: { [own.name]: own.data } } }
}

async function readExamples(folder: string): Promise<readonly JsonValue[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json'))
  return Promise.all(
    files.map(async (file) => {
      const example: JsonValue = JSON.parse(await readFile(join(folder, file), 'utf8'))
      return (isObject(example) ? example['input'] : undefined) ?? {}
    }),
  )
}
