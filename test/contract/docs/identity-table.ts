import { read } from '../../architecture/project.ts'

/** The table of kinds in docs/identity/README.md: the level of assurance that it states, by page. */
export const statedLevels: ReadonlyMap<string, number> = new Map(
  [...read('docs/identity/README.md').matchAll(/^\| \[[^\]]+\]\(([\w-]+)\.md\) \| ([0-4]) \|/gm)].map(
    ([, page = '', level = '']) => [page, Number(level)],
  ),
)
