import { isArray, type JsonArray, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { ReadParts, ReadTree } from '../../core/read-tree.ts'

/**
 * What of a document is read: members and items that are, all of what is read whole, and 0 for a scalar that is not read
 * itself and for an item that merely stands before one that is read. Documents with equal projections are
 * equal to whoever reads no more than the tree says, and a document is to them what its projection is.
 */
export function project(tree: ReadTree, value: JsonValue): JsonValue {
  if (tree === 'whole') return value
  if (typeof value !== 'object' || value === null)
    return tree.value === true || (tree.value && typeof value === 'boolean') ? value : filler
  return isArray(value) ? projectList(tree, value) : projectObject(tree, value)
}

const filler = 0

function projectObject({ members, each }: ReadParts, object: JsonObject): JsonObject {
  const projected: Record<string, JsonValue> = {}
  if (each === undefined) {
    // a name that every object has from its prototype is not found here: the reader of trees admits none
    for (const name in members) {
      const [tree, value] = [members[name], object[name]]
      if (tree !== undefined && value !== undefined) projected[name] = project(tree, value)
    }
    return projected
  }
  for (const name of Object.keys(object)) {
    if (name === '__proto__') return object // it cannot be set on another object; the whole is more than enough
    const value = object[name]
    const named = members && Object.hasOwn(members, name) ? members[name] : undefined
    if (value !== undefined) projected[name] = project(named ?? each, value)
  }
  return projected
}

function projectList({ members, each }: ReadParts, list: JsonArray): JsonArray {
  if (each !== undefined) return list.map((item, i) => project(members?.[i] ?? each, item))
  const projected: JsonValue[] = []
  for (const name in members) {
    const [tree, item] = [members[name], indexPattern.test(name) ? list[Number(name)] : undefined]
    if (tree === undefined || item === undefined) continue
    while (projected.length < Number(name)) projected.push(filler)
    projected[Number(name)] = project(tree, item)
  }
  return projected
}

const indexPattern = /^(?:0|[1-9]\d{0,8})$/
