import type { RegoError } from '../../rego/answer.ts'
import { createRegoToolchain } from '../../rego/toolchain.ts'
import { errorLine } from '../build-bundle.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { findDefinitions } from './find-definitions.ts'
import { lintDefinition } from './lint/lint-definition.ts'

export interface ValidateFlags {
  readonly json?: boolean
}

/**
 * `validate`: compiles the policies of definitions strictly (unused names, deprecated functions) and with types: a
 * reference to the input that the document of a decision cannot have is an error. So are entrypoints that are no rules, and
 * negated comparisons that hold where what they compare is absent.
 */
export async function validateCommand(
  given: readonly string[],
  { json = false }: ValidateFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const toolchain = createRegoToolchain()
  try {
    const problems: RegoError[] = []
    let files = 0
    for (const definition of await findDefinitions(given)) {
      const linted = await lintDefinition(definition, toolchain)
      files += linted.files
      problems.push(...linted.problems)
    }
    if (json) out(`${JSON.stringify({ files, problems })}\n`)
    else {
      for (const problem of problems) say(errorLine(problem, (file) => file))
      if (problems.length === 0) out(`${files} files are valid\n`)
    }
    return problems.length > 0 ? exitCodes.invalid : exitCodes.ok
  } catch (error) {
    say(error instanceof Error ? error.message : 'the policies could not be read')
    return exitCodes.invalid
  } finally {
    await toolchain.close()
  }
}
