import { posix } from 'node:path'
import { layers } from '../../oxlint.config.ts'

// Each check answers what is wrong with one file, in words; nothing is wrong in an empty list.

/** The row of the table that a path under pdp/ belongs to. */
export const rowOf = (path: string) => layers.find(({ at }) => path === `pdp/${at}` || path.startsWith(`pdp/${at}/`))

/** Relative paths in any form, also in `new URL` and in a worker's name, which the linter does not follow. */
export function pathsThroughWalls(path: string, text: string): readonly string[] {
  const row = rowOf(path)
  if (!row) return ['belongs to no folder of the table']
  return [...text.matchAll(/(['"`])(\.{1,2}\/[^'"`\s]+\.ts)\1/g)].flatMap(([, , specifier = '']) => {
    const target = posix.join(posix.dirname(path), specifier)
    const at = rowOf(target)?.at
    if (at === undefined)
      return target.startsWith('pdp/') ? [`${specifier}: no such folder`] : [`${specifier}: outside pdp`]
    return at === row.at || row.may.includes(at) ? [] : [`${specifier}: ${row.at} must not reach ${at}`]
  })
}

/** A list of clauses must be exported under a name that ends in `Clauses`, or nobody sees that an id stands in two. */
export const hiddenClauses = (text: string): readonly string[] =>
  [...text.matchAll(/^.*(?<![\w.])clauses\(\{/gm)]
    .map(([line]) => line)
    .filter((line) => !/^export const \w+Clauses = clauses\(\{$/.test(line) && !line.startsWith(' *'))

/** `new Date()` and `Date()` read the clock; with an argument they only reckon. */
export const readsClock = (text: string): readonly string[] =>
  [...text.matchAll(/\bDate\(\s*\)|\bDate\.now\b/g)].map(([found]) => found)

/** Names that mean something on one machine only. Written so that this file is not its own finding. */
const machineWords = [
  /\/(?:work|root|home)\/\w/,
  /\/tmp\/[a-z]/i,
  /\bregistry\.(?:npmjs|yarnpkg)\b/,
  /\b(?:proxy|sum)\.golang\b/,
  /\bpypi\.org\b/,
  /\b(?:artif[a]ctory|verd[a]ccio|work[s]hop)\b/i,
]

export const machineNames = (text: string): readonly string[] =>
  machineWords.flatMap((word) => word.exec(text)?.[0] ?? [])
