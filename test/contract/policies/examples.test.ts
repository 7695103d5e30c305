import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPolicyFolder } from '../../../pdp/cli/read-policy-folder.ts'
import type { PolicyInput } from '../../../pdp/core/policy-input.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { policyInputSchema } from '../../../pdp/policy/input-schema.ts'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { createPolicySet } from '../../../pdp/policy/policy-set.ts'
import { createRegoToolchain, type RegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { frameAt } from '../../support/clock.ts'
import { createService } from '../../support/world.ts'

const root = fileURLToPath(new URL('../../../policies/', import.meta.url))

/** A file of `examples/`: a whole policy input and what the policy must say. */
interface Example {
  readonly input: { readonly time: { readonly now_ns: number } }
  readonly expect: {
    readonly allow: boolean
    readonly codes: readonly string[]
    readonly obligations?: readonly string[]
  }
}

let toolchain: RegoToolchain

beforeAll(() => {
  toolchain = createRegoToolchain()
})
afterAll(async () => toolchain.close())

describe.each(['orders', 'agent-tools'])('policy %s', (name) => {
  test('its tests pass on source, and cover every line', async () => {
    const { modules, data } = await readPolicyFolder(join(root, name))
    const tests = (await readdir(join(root, name))).filter((file) => file.endsWith('_test.rego'))
    const texts = await Promise.all(
      tests.map(async (file) => [file, await readFile(join(root, name, file), 'utf8')] as const),
    )
    const tested = await toolchain.test({ modules: { ...modules, ...Object.fromEntries(texts) }, data, coverage: true })
    if (!tested.ok) throw new Error(JSON.stringify(tested.errors))
    expect(tested.value.tests.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
    expect(tested.value.tests.length).toBeGreaterThan(30)
    const files = tested.value.coverage?.files ?? {}
    const uncovered = Object.entries(files).filter(
      ([file, { coverage }]) => !file.endsWith('_test.rego') && coverage !== undefined && coverage < 100,
    )
    expect(uncovered).toEqual([])
  })

  test('its examples conform to the input schema and come out as stated, on the bundle', async () => {
    const bundle = await loadBundle(await exampleBundle(name))
    if (!bundle.ok) throw new Error(bundle.detail)
    const policies = createPolicySet()
    policies.activate(name, bundle.value)
    const entrypoint = `${name.replaceAll('-', '_')}/decision`
    const policy = await policies.active(createService(name, { entrypoint, reuseMax: seconds(0) }))
    const files = (await readdir(join(root, name, 'examples'))).filter((file) => file.endsWith('.json'))
    expect(files.length).toBeGreaterThan(8)
    for (const file of files) {
      const text = await readFile(join(root, name, 'examples', file), 'utf8')
      const { input, expect: stated } = JSON.parse(text) as Example
      expect(policyInputSchema.safeParse(input).error, file).toBeUndefined()
      const now = /"now_ns": (\d+)/.exec(text)?.[1] ?? '' // exact: the parsed number is not
      const result = await policy?.evaluate({ ...input, time: { now_ns: now } } as unknown as PolicyInput, frameAt()) // conforms, as just checked
      const evaluated = result?.ok ? result.value : undefined
      expect({
        file,
        allow: evaluated?.allow,
        codes: evaluated?.reasons.map(({ code }) => code),
        obligations: evaluated?.obligations.map(({ type }) => type).toSorted(),
      }).toEqual({
        file,
        allow: stated.allow,
        codes: stated.codes,
        obligations: stated.obligations ?? [],
      })
    }
  })
})
