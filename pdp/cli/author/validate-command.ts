import { policyInputJsonSchema } from '../../policy/input-schema.ts'
import type { RegoError } from '../../rego/answer.ts'
import { createRegoToolchain } from '../../rego/toolchain.ts'
import { readDefinitionSources } from '../build-bundle.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { findDefinitions } from './find-definitions.ts'

export interface ValidateFlags {
  readonly json?: boolean
}

/**
 * `validate`: compiles the policies of definitions strictly (unused names, deprecated functions) and with types: a
 * reference to the input that the document of a decision cannot have is an error.
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
      const { modules } = await readDefinitionSources(definition)
      const checked = await toolchain.check({ modules, schemas: { input: policyInputJsonSchema() } })
      if (checked.ok) files += checked.value.files.length
      else problems.push(...checked.errors)
    }
    if (json) out(`${JSON.stringify({ files, problems })}\n`)
    else {
      for (const { file, row, col, message } of problems)
        say(file === undefined ? message : `${file}:${row}:${col}: ${message}`)
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
