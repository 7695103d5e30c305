import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { unpackBundle } from '../../policy/unpack-bundle.ts'
import { createRegoToolchain } from '../../rego/toolchain.ts'
import { buildBundle } from '../build-bundle.ts'
import { exitCodes } from '../exit-codes.ts'
import { printRow } from '../print-row.ts'
import type { Terminal } from '../terminal.ts'
import { findDefinitions } from './find-definitions.ts'

/**
 * - `out`: where the bundle of the one definition goes; `dist/NAME.tar.gz` beside it unless told.
 * - `check`: writes nothing, and fails where what is there is not what would be built.
 */
export interface BuildFlags {
  readonly out?: string
  readonly check?: boolean
  readonly json?: boolean
}

/**
 * `build`: builds the bundles of definitions; the same sources give the same bytes. What does not compile is told with
 * file, row and column, and exits 3; a bundle that is not what its sources give exits 1.
 */
export async function buildCommand(
  given: readonly string[],
  { out: target, check = false, json }: BuildFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const toolchain = createRegoToolchain()
  let different = false
  try {
    const definitions = await findDefinitions(given)
    if (target !== undefined && definitions.length > 1) {
      say('--out is for one definition: name it')
      return exitCodes.usage
    }
    for (const definition of definitions) {
      const { name, revision, archive } = await buildBundle(definition, toolchain)
      const file = target ?? join(dirname(definition), 'dist', `${name}.tar.gz`)
      if (!check) await writeWhole(file, archive)
      else if (!(await holds(file, archive))) {
        different = true
        say(`${file}: is not what its sources give: build it again`)
        continue
      }
      printRow(out, json, { file, revision }, `${file} ${revision}`)
    }
    return different ? exitCodes.failed : exitCodes.ok
  } catch (error) {
    say(error instanceof Error ? error.message : 'the bundle could not be built')
    return exitCodes.invalid
  } finally {
    await toolchain.close()
  }
}

async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, bytes)
  await rename(`${file}.new`, file)
}

/** Whether a file is this bundle, signed or not: a signature is about the other files, and is checked by `verify`. */
async function holds(file: string, bytes: Uint8Array): Promise<boolean> {
  const there = await readFile(file).catch(() => undefined)
  if (!there) return false
  const [found, built] = await Promise.all([unpackBundle(there), unpackBundle(bytes)])
  if (!found.ok || !built.ok) return false
  const names = [...found.value.keys()].filter((name) => name !== signaturesFile)
  return (
    names.length === built.value.size &&
    names.every((name) => Buffer.compare(found.value.get(name) ?? none, built.value.get(name) ?? none) === 0)
  )
}

const signaturesFile = '.signatures.json'
const none = Buffer.from('absent')
