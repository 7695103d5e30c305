import { read, sources } from './project.ts'

/** A folder of plug-ins: its `list.ts` names every one of them. */
export interface ListedFolder {
  readonly list: string
  /** The plug-ins of the folder, which must be in the list. */
  readonly files: readonly string[]
  /** What the list imports from its folder. */
  readonly listed: readonly string[]
}

/**
 * The folders under pdp/ that have a `list.ts`. A plug-in is a file that exports a constant of the folder's shape, which
 * is named for the folder: `Builtin` in `builtins/`; or a function that makes one: `createFileSink` in `sinks/`. What else stands there serves the plug-ins.
 */
export function listedFolders(): readonly ListedFolder[] {
  return sources
    .filter((path) => path.endsWith('/list.ts'))
    .map((list) => {
      const folder = list.slice(0, -'list.ts'.length)
      const shape = folder
        .split('/')
        .at(-2)
        ?.replace(/s$/, '')
        .replace(/^./, (first) => first.toUpperCase())
      const plugIn = new RegExp(
        String.raw`^export (?:const \w+: (?:readonly )?${shape}\b|function create\w+${shape}\()`,
        'm',
      )
      const files = sources.filter((path) => path.startsWith(folder) && path !== list && plugIn.test(read(path)))
      const imports = [...read(list).matchAll(/^import (?!type\b)[^']* from '\.\/(.+)'$/gm)]
      return { list, files, listed: imports.map(([, file]) => `${folder}${file}`).sort() }
    })
}
