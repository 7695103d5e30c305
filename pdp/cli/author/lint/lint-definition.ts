import { readFile } from 'node:fs/promises'
import type { JsonObject } from '../../../core/json.ts'
import { policyInputJsonSchema } from '../../../policy/input-schema.ts'
import type { RegoError } from '../../../rego/answer.ts'
import type { RegoToolchain } from '../../../rego/toolchain.ts'
import { unknownEntrypoints } from './unknown-entrypoints.ts'
import { readDefinitionSources } from '../../build-bundle.ts'
import { inputPaths } from './input-paths.ts'
import { findNegatedAbsent } from './negated-absent.ts'

/** What is wrong with the policies of a definition, at paths that can be opened from here; `files`: how many were read. */
export interface Linted {
  readonly files: number
  readonly problems: readonly RegoError[]
}

/**
 * Compiles the policies of a definition strictly and with the types of the input, and looks for entrypoints that are no rules
 * and for negations that hold of what is absent.
 */
export async function lintDefinition(definition: string, toolchain: RegoToolchain): Promise<Linted> {
  const { modules, entrypoints, placed } = await readDefinitionSources(definition)
  const schema = policyInputJsonSchema()
  const paths = inputPaths(schema as unknown as JsonObject) // it is JSON
  const checked = await toolchain.check({ modules, schemas: { input: schema } })
  const problems = checked.ok
    ? []
    : checked.errors.map((error) => ({ ...error, message: error.message + meantBy(error) }))
  const parsed = await toolchain.parse({ modules, locations: true })
  const trees = parsed.ok
    ? Object.entries(parsed.value.modules).map(([file, tree]) => [file, tree as JsonObject] as const)
    : []
  const lint = trees.flatMap(([file, module]) => findNegatedAbsent(file, module, paths.mayBeAbsent))
  return {
    files: Object.keys(modules).length,
    problems: [
      ...[...problems, ...lint].map((error) => ({ ...error, file: error.file === '' ? '' : placed(error.file) })),
      ...(parsed.ok ? placedIn(await readFile(definition, 'utf8')) : []),
    ],
  }

  function placedIn(text: string): readonly RegoError[] {
    return unknownEntrypoints(
      entrypoints,
      trees.map(([, module]) => module),
    ).map(({ entrypoint, message }) => {
      const before = text.slice(0, Math.max(text.indexOf(entrypoint), 0)).split('\n')
      const [row, col] = [before.length, (before.at(-1)?.length ?? 0) + 1]
      return { code: 'rego_entrypoint_error', message, file: definition, row, col }
    })
  }

  function meantBy({ message }: RegoError): string {
    const path = /undefined ref: input\.([\w.]+)/.exec(message)?.[1]?.split('.')
    const near = path && paths.meant(path)
    return near && near.join('.') !== path.join('.') ? `; did you mean input.${near.join('.')}?` : ''
  }
}
