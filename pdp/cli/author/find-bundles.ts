import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

const dist = join('bundles', 'dist')

/** The bundles that a command was given; else all of `bundles/dist/`. Throws, for the author, where there is none. */
async function findBundles(given: readonly string[]): Promise<readonly string[]> {
  if (given.length > 0) return given
  const names = await readdir(dist).catch((): string[] => [])
  const found = names.filter((name) => name.endsWith('.tar.gz')).sort()
  if (found.length === 0) throw new Error(`no bundle is in ${dist}: name one, or build it with sallyport build`)
  return found.map((name) => join(dist, name))
}

/** Does something to each bundle; stops at the first that fails, with its exit code. */
export async function forEachBundle(
  given: readonly string[],
  { say }: Pick<Terminal, 'say'>,
  act: (path: string) => Promise<number>,
): Promise<number> {
  let bundles: readonly string[]
  try {
    bundles = await findBundles(given)
  } catch (error) {
    say(error instanceof Error ? error.message : 'no bundle')
    return exitCodes.invalid
  }
  for (const path of bundles) {
    const code = await act(path)
    if (code !== exitCodes.ok) return code
  }
  return exitCodes.ok
}
