import { isObject, type JsonObject, type JsonValue, member } from '../../core/json.ts'
import type { ReadTree } from '../../core/read-tree.ts'

/** Reads a tree as {@link ReadTree} writes it. Undefined for anything else: who reads more than is known reads all. */
export function readTree(json: JsonValue | undefined): ReadTree | undefined {
  if (json === 'whole') return json
  if (!isObject(json) || Object.keys(json).some((name) => !parts.has(name))) return undefined
  const value = member(json, 'value')
  const members = readMembers(member(json, 'members') ?? {})
  const each = member(json, 'each')
  const everyOther = each === undefined ? undefined : readTree(each)
  if (members === undefined || (value !== undefined && value !== true && value !== 'boolean')) return undefined
  if (each !== undefined && everyOther === undefined) return undefined
  // such a name is found in every object
  if (Object.keys(members).some((name) => name in Object.prototype)) return 'whole'
  return {
    ...(value && { value }),
    ...(Object.keys(members).length > 0 && { members }),
    ...(everyOther !== undefined && { each: everyOther }),
  }
}

const parts = new Set(['value', 'members', 'each'])

function readMembers(json: JsonValue): Readonly<Record<string, ReadTree>> | undefined {
  if (!isObject(json)) return undefined
  const members: [string, ReadTree][] = []
  for (const [name, value] of Object.entries(json satisfies JsonObject)) {
    const tree = readTree(value)
    if (tree === undefined) return undefined
    members.push([name, tree])
  }
  return Object.fromEntries(members)
}
