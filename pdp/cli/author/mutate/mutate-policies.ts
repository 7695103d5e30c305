import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type KnownMutants, readKnownMutants } from '../../../config/read-known-mutants.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { RegoToolchain } from '../../../rego/toolchain.ts'
import { type DefinitionSources, errorLine, readDefinitionSources } from '../../build-bundle.ts'
import { listMutants, type Mutant } from './list-mutants.ts'

/**
 * What became of the mutants of a bundle.
 *
 * - `killed`: how many a test noticed. `broken`: how many do not compile; they count for nothing.
 * - `survivors`: those that no test noticed, with paths that can be opened from here. `equivalent`: those of them that decide as the policy does, and why.
 * - `stale`: names of `mutants.yaml` that are no survivors.
 */
export interface Mutation {
  readonly bundle: string
  readonly killed: number
  readonly broken: number
  readonly survivors: readonly Mutant[]
  readonly equivalent: KnownMutants['equivalent']
  readonly stale: readonly string[]
}

/** Of those that could be noticed, how many were, in percent. */
export const scoreOf = ({ killed, survivors }: Mutation): number =>
  killed + survivors.length === 0 ? 0 : (100 * killed) / (killed + survivors.length)

const deadlineMs = 120_000

/**
 * Runs the tests of a bundle, on source, against each of its mutants, and stops at the first that fails. One mutant at a time
 * on each of the toolchains. Throws, for the author, what cannot be compiled, and tests that fail without any change.
 */
export async function mutatePolicies(
  definition: string,
  toolchains: readonly RegoToolchain[],
  matches: (name: string) => boolean = () => true,
): Promise<Mutation> {
  const sources = await readDefinitionSources(definition)
  const [first] = toolchains
  if (!first) throw new Error('no toolchain')
  const plain = await outcomeOf(sources, sources.modules, first)
  if (plain !== 'survived') throw new Error(`the tests of bundle \`${sources.name}\` fail without any change`)
  const waiting = (await mutantsOf(sources, first)).filter(({ name }) => matches(name))
  const outcomes = new Map<Mutant, Outcome>()
  const next = waiting.values()
  await Promise.all(
    toolchains.map(async (toolchain) => {
      for (const mutant of next)
        outcomes.set(mutant, await outcomeOf(sources, { ...sources.modules, [mutant.file]: mutant.text }, toolchain))
    }),
  )
  const known = await readEquivalents(sources)
  const survived = waiting.filter((mutant) => outcomes.get(mutant) === 'survived')
  const names = new Set(survived.map(({ name }) => name))
  const count = (wanted: Outcome) => waiting.filter((mutant) => outcomes.get(mutant) === wanted).length
  return {
    bundle: sources.name,
    killed: count('killed'),
    broken: count('broken'),
    survivors: survived
      .filter(({ name }) => !known.some((each) => each.name === name))
      .map((mutant) => ({ ...mutant, file: sources.placed(mutant.file) })),
    equivalent: known.filter(({ name }) => names.has(name)),
    stale: known.flatMap(({ name }) => (names.has(name) || !matches(name) ? [] : [name])),
  }
}

async function mutantsOf({ modules, placed }: DefinitionSources, toolchain: RegoToolchain): Promise<readonly Mutant[]> {
  const parsed = await toolchain.parse({ modules, locations: true })
  if (!parsed.ok) throw new Error(parsed.errors.map((error) => errorLine(error, placed)).join('\n'))
  return Object.entries(modules).flatMap(([file, text]) =>
    // a syntax tree is JSON
    listMutants(file, text, (parsed.value.modules[file] ?? {}) as JsonObject),
  )
}

type Outcome = 'killed' | 'survived' | 'broken'

async function outcomeOf(
  { tests, data }: DefinitionSources,
  modules: DefinitionSources['modules'],
  toolchain: RegoToolchain,
): Promise<Outcome> {
  const request = { modules: { ...modules, ...tests }, data, stopAtFailure: true }
  const tested = await toolchain.test(request, { deadlineMs })
  if (!tested.ok) {
    const [error] = tested.errors
    if (error?.code === 'deadline') return 'killed' // it does not end, which nobody fails to notice
    if (error?.code.startsWith('rego_') !== true) throw new Error(error?.message ?? 'the tests could not be run')
    return 'broken'
  }
  return tested.value.tests.some(({ verdict }) => verdict === 'fail' || verdict === 'error') ? 'killed' : 'survived'
}

async function readEquivalents({ folders }: DefinitionSources): Promise<KnownMutants['equivalent']> {
  const texts = await Promise.all(
    folders.map((folder) =>
      readFile(join(folder, 'mutants.yaml'), 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      }),
    ),
  )
  return texts.flatMap((text) => (text === undefined ? [] : readKnownMutants(text).equivalent))
}
