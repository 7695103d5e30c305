import { isTreeObject, type Tree } from './tree.ts'

/** The drafts that are known; without `$schema` a schema is read as a mixture of all of them. */
export type Draft = 4 | 6 | 7 | 'mixed'

const drafts = new Map<string, Draft>([
  ['http://json-schema.org/draft-04/schema', 4],
  ['http://json-schema.org/draft-06/schema', 6],
  ['http://json-schema.org/draft-07/schema', 7],
])

/** Whether keywords of a draft are understood. */
export const knows = (draft: Draft, since: 6 | 7): boolean => draft === 'mixed' || draft >= since

/** The draft that a document names; undefined where it names none, or one that is not known. */
export function draftOf(document: Tree): Draft | undefined {
  if (typeof document === 'boolean') return undefined
  if (!isTreeObject(document)) throw new Error('schema is invalid')
  const named = document.get('$schema')
  if (named === undefined) return undefined
  if (typeof named !== 'string') throw new Error('$schema must be of type string')
  return drafts.get(named.replace(/#$/, ''))
}
