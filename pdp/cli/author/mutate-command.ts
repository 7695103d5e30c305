import { availableParallelism } from 'node:os'
import { createRegoToolchain } from '../../rego/toolchain.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { findDefinitions } from './find-definitions.ts'
import { type Mutation, mutatePolicies, scoreOf } from './mutate/mutate-policies.ts'

/** - `run`: only mutants whose name matches. `minimumScore`: in percent; all, unless it is said. */
export interface MutateFlags {
  readonly run?: string
  readonly format?: string
  readonly json?: boolean
  readonly minimumScore?: string
}

const mostThreads = 4

/**
 * `test --mutate`: changes the policies in every way that the operators know, one at a time, and lists the changes that no
 * test notices. Exits 1 where the score is below what is asked for, or `mutants.yaml` names what is no survivor.
 */
export async function mutateCommand(
  given: readonly string[],
  { run, json = false, format = json ? 'json' : 'pretty', minimumScore = '100' }: MutateFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const minimum = Number(minimumScore)
  if (!(minimum >= 0 && minimum <= 100) || !['pretty', 'json'].includes(format)) {
    say('--minimum-score is a percentage, and --format pretty or json with --mutate')
    return exitCodes.usage
  }
  const toolchains = Array.from({ length: Math.min(availableParallelism(), mostThreads) }, () => createRegoToolchain())
  try {
    const pattern = run === undefined ? undefined : new RegExp(run, 'u')
    const all: Mutation[] = []
    for (const definition of await findDefinitions(given))
      all.push(await mutatePolicies(definition, toolchains, (name) => pattern?.test(name) ?? true))
    out(format === 'json' ? `${JSON.stringify(all.map(summaryOf))}\n` : all.map(prettyMutation).join(''))
    const counted = all.flatMap(({ killed, survivors }) => killed + survivors.length).reduce((a, b) => a + b, 0)
    if (counted === 0) say('no mutant could be tested: nothing matches, or nothing compiles')
    const weak = all.filter((each) => scoreOf(each) < minimum || each.stale.length > 0)
    return counted === 0 || weak.length > 0 ? exitCodes.failed : exitCodes.ok
  } catch (error) {
    say(error instanceof Error ? error.message : 'the policies could not be changed')
    return exitCodes.invalid
  } finally {
    await Promise.all(toolchains.map((toolchain) => toolchain.close()))
  }
}

const summaryOf = (mutation: Mutation) => ({
  ...mutation,
  survivors: mutation.survivors.map(({ text: _, ...mutant }) => mutant),
  score: scoreOf(mutation),
})

function prettyMutation(mutation: Mutation): string {
  const { bundle, killed, broken, survivors, equivalent, stale } = mutation
  const lines = [
    ...survivors.map(({ file, row, col, name }) => `SURVIVED ${file}:${row}:${col}  ${name}`),
    ...stale.map((name) => `STALE ${name}: mutants.yaml names it, and it does not survive`),
    ...equivalent.flatMap(({ name, reason }) => [`EQUIVALENT ${name}`, `     ${reason}`]),
    `${bundle}: ${killed + survivors.length + equivalent.length} mutants: ${killed} noticed, ${survivors.length} survived, ${equivalent.length} equivalent; ${broken} more do not compile`,
    `  score ${scoreOf(mutation).toFixed(1)} %`,
  ]
  return `${lines.join('\n')}\n`
}
