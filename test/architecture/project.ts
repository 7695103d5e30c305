import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root folder of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

const made = ['node_modules', '.git', 'dist', 'build', 'coverage']

/** Every file of the project that is not made by a tool, sorted, as paths from the root with slashes. */
export const projectFiles: readonly string[] = filesUnder(root).sort()

/** The sources of the server. */
export const sources = projectFiles.filter((path) => path.startsWith('pdp/') && path.endsWith('.ts'))

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (made.includes(entry.name) || entry.name.endsWith('.log')) return []
    if (entry.isDirectory()) return filesUnder(path)
    return entry.isFile() ? [relative(root, path).split(sep).join('/')] : []
  })
}
