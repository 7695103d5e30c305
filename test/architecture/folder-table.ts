import { read } from './project.ts'

/** One row of the table of folders in ARCHITECTURE.md. */
export interface FolderRow {
  readonly folders: readonly string[]
  readonly may: readonly string[] | 'everything' | 'everything below'
}

/** Reads the table: the rows in their order, which says what is below what. */
export function readFolderTable(): readonly FolderRow[] {
  const section =
    read('ARCHITECTURE.md')
      .split('\n## ')
      .find((text) => text.startsWith('Folders')) ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, folders = '', , may = ''] = line.split('|').map((cell) => cell.trim())
      const whole = may === 'everything' || may === 'everything below' ? may : undefined
      return { folders: namesIn(folders), may: whole ?? namesIn(may) }
    })
}

const namesIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.replace(/\/$/, ''))
