import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRegoToolchain } from '../../rego/toolchain.ts'
import { exitCodes } from '../exit-codes.ts'
import { printRow } from '../print-row.ts'
import type { Terminal } from '../terminal.ts'

/** `check`: writes nothing, and fails where a file would change. */
export interface FmtFlags {
  readonly check?: boolean
  readonly json?: boolean
}

/** `fmt`: gives Rego files OPA's own layout. Prints the files that changed, or would. */
export async function fmtCommand(
  given: readonly string[],
  { check = false, json }: FmtFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const toolchain = createRegoToolchain()
  try {
    const paths = (await Promise.all((given.length > 0 ? given : ['.']).map(regoFilesOf))).flat()
    if (paths.length === 0) {
      say('no .rego file is there')
      return exitCodes.invalid
    }
    const texts = await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const))
    const formatted = await toolchain.format({ modules: Object.fromEntries(texts) })
    if (!formatted.ok) {
      for (const { file, row, col, message } of formatted.errors) say(`${file}:${row}:${col}: ${message}`)
      return exitCodes.invalid
    }
    const changed = Object.entries(formatted.value.files).filter(([, file]) => file.changed)
    for (const [path, { text }] of changed) {
      if (!check) await writeFile(path, text)
      printRow(out, json, { file: path }, path)
    }
    return check && changed.length > 0 ? exitCodes.failed : exitCodes.ok
  } catch (error) {
    say(error instanceof Error ? error.message : 'the files could not be read')
    return exitCodes.invalid
  } finally {
    await toolchain.close()
  }
}

async function regoFilesOf(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rego'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.split('/').includes('node_modules'))
    .sort()
}
