import { isTreeList, type Tree, type TreeObject } from './tree.ts'

/** The list under a keyword, empty if there is none. Throws on anything else. */
export function listAt(tree: TreeObject, name: string): readonly Tree[] {
  const given = tree.get(name)
  if (given === undefined) return []
  if (!isTreeList(given)) throw new Error(`${name} must be of an array`)
  return given
}
