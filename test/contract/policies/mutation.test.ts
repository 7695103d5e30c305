import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listMutants } from '../../../pdp/cli/author/mutate/list-mutants.ts'
import { mutatePolicies } from '../../../pdp/cli/author/mutate/mutate-policies.ts'
import { readDefinitionSources } from '../../../pdp/cli/build-bundle.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { createRegoToolchain } from '../../../pdp/rego/toolchain.ts'
import { root } from '../../architecture/project.ts'

// All of them are run by npm run test:mutation.

const definition = join(root, 'bundles', 'orders.yaml')

/** One in so many, always the same ones. */
const oneIn = 24
const isSampled = (name: string): boolean =>
  createHash('sha256').update(`orders ${name}`).digest().readUInt32BE() % oneIn === 0

test('tests of the policy of orders notice a sample of its mutants', { timeout: 120_000 }, async () => {
  const toolchains = Array.from({ length: Math.min(2, availableParallelism()) }, () => createRegoToolchain())
  try {
    const { modules } = await readDefinitionSources(definition)
    const parsed = await toolchains[0]?.parse({ modules, locations: true })
    if (parsed?.ok !== true) throw new Error('the policy of orders does not parse')
    const mutants = Object.entries(modules).flatMap(
      ([file, text]) => listMutants(file, text, (parsed.value.modules[file] ?? {}) as JsonObject), // a syntax tree is JSON
    )
    expect(mutants.length).toBeGreaterThanOrEqual(60)
    const { killed, survivors, stale } = await mutatePolicies(definition, toolchains, isSampled)
    expect(survivors.map(({ name }) => name)).toEqual([])
    expect(stale).toEqual([])
    expect(killed).toBeGreaterThanOrEqual(5)
  } finally {
    await Promise.all(toolchains.map((toolchain) => toolchain.close()))
  }
})
