import { createRegoToolchain } from '../../rego/toolchain.ts'
import type { CorpusCase } from '../../policy/corpus.ts'
import { exitCodes } from '../exit-codes.ts'
import { readExamples } from '../read-examples.ts'
import type { Terminal } from '../terminal.ts'
import { compareSides, isSame } from './diff/compare-sides.ts'
import { diffText } from './diff/diff-text.ts'
import { openSide } from './diff/open-side.ts'

/** `corpus`: folders of examples to ask both, beside their own. */
export interface DiffFlags {
  readonly corpus?: readonly string[]
  readonly json?: boolean
}

/**
 * `diff`: how two policies differ, each a definition or a bundle: rules, entrypoints, data, and what they answer to their own
 * corpora and to examples. Exits 1 where anything does.
 */
export async function diffCommand(
  [first, second]: readonly [string, string],
  { corpus = [], json = false }: DiffFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const toolchain = createRegoToolchain()
  try {
    const [a, b] = [await openSide(first, toolchain), await openSide(second, toolchain)]
    const examples = await readExamples(corpus, [...b.bundle.evaluator.entrypoints.keys()])
    const differences = compareSides(a, b, distinct([...a.corpus, ...b.corpus, ...examples]))
    out(json ? `${JSON.stringify(differences)}\n` : diffText(differences))
    if (differences.cases === 0) say('no cases: give their definitions a corpus, or name examples with --corpus')
    return isSame(differences) ? exitCodes.ok : exitCodes.failed
  } catch (error) {
    say(error instanceof Error ? error.message : 'could not be compared')
    return exitCodes.invalid
  } finally {
    await toolchain.close()
  }
}

/** Each question once, whatever is expected of it. */
const distinct = (cases: readonly CorpusCase[]): readonly CorpusCase[] => [
  ...new Map(cases.map((one) => [JSON.stringify([one.entrypoint, one.input]), one])).values(),
]
