import { writeFile } from 'node:fs/promises'
import { createRegoToolchain } from '../rego/toolchain.ts'
import { buildBundle } from './build-bundle.ts'
import { exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** `out`: where the bundle goes; `NAME.tar.gz`, by the name in the definition, unless told. */
export interface BuildBundleFlags {
  readonly out?: string
}

/** `bundle build`: builds the bundle of a definition file. What does not compile is told with file, row and column. */
export async function buildBundleCommand(
  definition: string,
  { out: target }: BuildBundleFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const toolchain = createRegoToolchain()
  try {
    const { name, revision, archive } = await buildBundle(definition, toolchain)
    const file = target ?? `${name}.tar.gz`
    await writeFile(file, archive)
    out(`${file} ${revision}\n`)
    return exitCodes.ok
  } catch (error) {
    say(error instanceof Error ? error.message : 'the bundle could not be built')
    return exitCodes.invalid
  } finally {
    await toolchain.close()
  }
}
