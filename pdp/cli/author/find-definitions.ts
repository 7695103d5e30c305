import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The definitions that a command was given; else all of `bundles/` here. Throws, for the author, where there is none. */
export async function findDefinitions(given: readonly string[]): Promise<readonly string[]> {
  if (given.length > 0) return given
  const names = await readdir('bundles').catch((): string[] => [])
  const found = names.filter((name) => name.endsWith('.yaml')).sort()
  if (found.length === 0) {
    throw new Error('no bundle is defined: name a definition, or make bundles/NAME.yaml (sallyport init makes one)')
  }
  return found.map((name) => join('bundles', name))
}
