import { readFile } from 'node:fs/promises'
import { loadBundle } from '../../policy/load-bundle.ts'
import { createRegoToolchain } from '../../rego/toolchain.ts'
import { buildBundle, readDefinitionSources } from '../build-bundle.ts'
import { exitCodes } from '../exit-codes.ts'
import { readExamples } from '../read-examples.ts'
import type { Terminal } from '../terminal.ts'
import { type StageTime, timeBundle, timeStage } from './timing/time-stages.ts'
import { casesOf } from './diff/open-side.ts'
import { findDefinitions } from './find-definitions.ts'

/** `corpus`: folders of examples that are asked, beside the bundle's own. `rounds`: how many evaluations. */
export interface BenchFlags {
  readonly corpus?: readonly string[]
  readonly rounds?: string
  readonly json?: boolean
}

const buildRounds = 5
const loadRounds = 20
const mostRounds = 1_000_000
const now = () => performance.now()

/**
 * `bench`: how long each stage takes from Rego to a decision, of a definition or a bundle: the first time, and again. Times are
 * of this machine, with nothing else of the decision point in them.
 */
export async function benchCommand(
  given: string | undefined,
  { corpus = [], rounds: said = '5000', json = false }: BenchFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const rounds = /^\d{1,7}$/.test(said) ? Number(said) : 0
  if (rounds < 1 || rounds > mostRounds) {
    say(`--rounds: must be a number from 1 to ${mostRounds}`)
    return exitCodes.usage
  }
  try {
    const [path = ''] = await findDefinitions(given === undefined ? [] : [given])
    const isDefinition = /\.ya?ml$/.test(path)
    const { archive, stages } = isDefinition ? await timeBuilding(path) : { archive: await readFile(path), stages: [] }
    const loaded = await loadBundle(archive)
    if (!loaded.ok) throw new Error(`${path}: ${loaded.detail} (${loaded.clause})`)
    const { evaluator, corpus: own } = loaded.value
    const cases = [...(own ? casesOf(own) : []), ...(await readExamples(corpus, [...evaluator.entrypoints.keys()]))]
    if (cases.length === 0) say('nothing is asked: give the definition a corpus, or name examples with --corpus')
    const all = [...stages, ...(await timeBundle(archive, cases, { load: loadRounds, decide: rounds }, now))]
    out(json ? `${JSON.stringify({ path, cases: cases.length, rounds, stages: all })}\n` : table(path, all))
    return exitCodes.ok
  } catch (error) {
    say(error instanceof Error ? error.message : 'could not be timed')
    return exitCodes.invalid
  }
}

/** The first time includes the start of the toolchain. */
async function timeBuilding(path: string) {
  const toolchain = createRegoToolchain()
  try {
    const { modules } = await readDefinitionSources(path)
    const parse = await timeStage('parse Rego', buildRounds, now, () => toolchain.parse({ modules }))
    const build = await timeStage('compile Rego', buildRounds, now, () => buildBundle(path, toolchain))
    const { archive } = await buildBundle(path, toolchain)
    return { archive, stages: [parse, build] }
  } finally {
    await toolchain.close()
  }
}

function table(path: string, stages: readonly StageTime[]): string {
  const rows = stages.map(({ stage, cold, warm, slow }) => [stage, cold, warm, slow].map(String))
  const line = ([stage = '', ...times]: readonly string[]) =>
    `${stage.padEnd(16)}${times.map((time) => time.padStart(12)).join('')}`
  return `${[`${path}, in microseconds`, line(['', 'cold', 'warm p50', 'warm p99']), ...rows.map(line)].join('\n')}\n`
}
