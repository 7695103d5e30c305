import { read, sources } from './project.ts'

/** A folder of plug-ins: its `list.ts` names every file beside it. */
export interface ListedFolder {
  readonly list: string
  /** The files of the folder that must be in the list. */
  readonly files: readonly string[]
  /** What the list imports from its folder. */
  readonly listed: readonly string[]
}

/** The folders under pdp/ that have a `list.ts`. The file with their shape (`builtins/builtin.ts`) is not one of them. */
export function listedFolders(): readonly ListedFolder[] {
  return sources
    .filter((path) => path.endsWith('/list.ts'))
    .map((list) => {
      const folder = list.slice(0, -'list.ts'.length)
      const shape = `${folder}${folder.split('/').at(-2)?.replace(/s$/, '')}.ts`
      const files = sources.filter((path) => path.startsWith(folder) && path !== list && path !== shape)
      const imports = [...read(list).matchAll(/^import (?!type\b).* from '\.\/(.+)'$/gm)]
      return { list, files, listed: imports.map(([, file]) => `${folder}${file}`).sort() }
    })
}
