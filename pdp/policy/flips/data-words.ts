import { isArray, isObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { ReadTree } from '../../core/read-tree.ts'

/**
 * The short texts and numbers of data that a policy may compare a fact with: first the keys by which it looks things up,
 * then values. Keys that it names itself are none.
 */
export function dataWords(tree: ReadTree, data: JsonObject): readonly (string | number)[] {
  const keys = new Set<string | number>()
  const values = new Set<string | number>()
  function visit(at: ReadTree, value: JsonValue): void {
    if (isWord(value)) values.add(value)
    const below = at === 'whole' ? { each: at } : at
    const entries = isArray(value)
      ? value.map((item, i) => [String(i), item] as const)
      : isObject(value)
        ? Object.entries(value)
        : []
    for (const [name, item] of entries) {
      const named = at !== 'whole' && Object.hasOwn(at.members ?? {}, name) ? at.members?.[name] : undefined
      const next = named ?? below.each
      if (next === undefined) continue
      if (named === undefined && at !== 'whole' && isObject(value) && isWord(name)) keys.add(name)
      visit(next, item)
    }
  }
  visit(tree, data)
  return [...new Set([...keys, ...values])]
}

const longest = 80

/** Not a message for people. */
export const isWord = (value: JsonValue): value is string | number =>
  typeof value === 'number' || (typeof value === 'string' && value.length <= longest && !value.includes(' '))
