import { type Clause, clauses } from '../core/clause.ts'
import { isObject, type JsonObject, type JsonValue } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { isWithinRoots } from './manifest.ts'
import { readDocument } from './read-document.ts'

export const bundleDataClauses = clauses({
  object: 'bundle-data-object',
  conflict: 'bundle-data-conflict',
  roots: 'bundle-data-within-roots',
})

type Tree = Record<string, JsonValue>

/** Merges every `data.json` at the path of its folder. Refuses (POLICY_ERROR) two values for one path. */
export function readBundleData(files: ReadonlyMap<string, Uint8Array>, roots: readonly string[]): Result<JsonObject> {
  let data: JsonObject = {}
  for (const [name, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const folder = name === 'data.json' ? '' : name.slice(0, -'/data.json'.length)
    const document = readDocument(bytes)
    if (!document.ok) return document
    const placed = placeAt(folder, document.value)
    if (!isObject(placed)) return bad(bundleDataClauses.object, 'data.json at the top must be an object')
    if (!keepsToRoots(placed, '', roots))
      return bad(bundleDataClauses.roots, 'data stands outside the `roots` of .manifest')
    const merged = merge(data, placed)
    if (!merged) return bad(bundleDataClauses.conflict, 'two data files give values for one path')
    data = merged
  }
  return ok(data)
}

const placeAt = (folder: string, value: JsonValue): JsonValue =>
  folder === '' ? value : folder.split('/').reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value)

/** Every path down to a root must be an object that holds nothing beside the way to roots. */
function keepsToRoots(value: JsonValue, path: string, roots: readonly string[]): boolean {
  if (isWithinRoots(path, roots)) return true
  if (!isObject(value) || !roots.some((root) => path === '' || root.startsWith(`${path}/`))) return false
  return Object.entries(value).every(([name, item]) =>
    keepsToRoots(item, path === '' ? name : `${path}/${name}`, roots),
  )
}

function merge(a: JsonObject, b: JsonObject): JsonObject | undefined {
  const merged: Tree = { ...a }
  for (const [name, value] of Object.entries(b)) {
    const before = Object.hasOwn(a, name) ? a[name] : undefined
    const both = before === undefined ? value : isObject(before) && isObject(value) ? merge(before, value) : undefined
    if (both === undefined) return undefined
    merged[name] = both
  }
  return merged
}

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)
