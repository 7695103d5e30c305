import { type Clause, clauses } from '../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, stringMember } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { patchFile } from './bundle-files.ts'
import { isWithinRoots } from './manifest.ts'
import { readDocument } from './read-document.ts'

export const patchClauses = clauses({
  members: 'bundle-patch-members',
  empty: 'bundle-patch-not-empty',
  operation: 'bundle-patch-operation',
  path: 'bundle-patch-path',
  roots: 'bundle-patch-within-roots',
  there: 'bundle-patch-target-there',
})

const operations = ['upsert', 'replace', 'remove']
const pathPattern = /^(?:\/[^/%~]+)+$/

/**
 * Applies `patch.json` (OPA's format: `data`, a list of `op`, `path`, `value`) to data. Stricter than OPA: an empty list,
 * which would remove everything there, is refused, and so are paths through anything but objects, and escapes in them.
 * Refuses with POLICY_ERROR.
 */
export function applyPatch(bytes: Uint8Array, data: JsonObject, roots: readonly string[]): Result<JsonObject> {
  const document = readDocument(bytes)
  if (!document.ok) return document
  const list = isObject(document.value) && Object.keys(document.value).length === 1 && member(document.value, 'data')
  if (!isArray(list)) return bad(patchClauses.members, `${patchFile} must have the member data alone, a list`)
  if (list.length === 0) return bad(patchClauses.empty, `${patchFile} changes nothing; OPA would remove all data`)
  let patched = data
  for (const item of list) {
    const next = applyOne(item, patched, roots)
    if (!next.ok) return next
    patched = next.value
  }
  return ok(patched)
}

function applyOne(item: JsonValue, data: JsonObject, roots: readonly string[]): Result<JsonObject> {
  const change: JsonObject = isObject(item) ? item : {}
  const op = stringMember(change, 'op') ?? ''
  const value = member(change, 'value')
  const expected = op === 'remove' ? 2 : 3
  if (!operations.includes(op) || (op !== 'remove' && value === undefined) || Object.keys(change).length !== expected)
    return bad(patchClauses.operation, `a change of ${patchFile} must be upsert or replace with a value, or remove`)
  const path = stringMember(change, 'path') ?? ''
  if (!pathPattern.test(path))
    return bad(patchClauses.path, `a path of ${patchFile} must be names behind slashes, without escapes`)
  if (!isWithinRoots(path.slice(1), roots))
    return bad(patchClauses.roots, `${patchFile} changes what is outside the roots`)
  const changed = changeAt(data, path.slice(1).split('/'), op, value)
  return changed ? ok(changed) : bad(patchClauses.there, `${patchFile} changes what is not there, or no object`)
}

/** The data with one place changed; undefined where there is no such place. */
function changeAt(
  data: JsonObject,
  [name = '', ...rest]: readonly string[],
  op: string,
  value: JsonValue | undefined,
): JsonObject | undefined {
  const there = Object.hasOwn(data, name)
  if (!there && op !== 'upsert') return undefined
  if (rest.length === 0) {
    const others = Object.fromEntries(Object.entries(data).filter(([other]) => op !== 'remove' || other !== name))
    return value === undefined ? others : { ...others, [name]: value }
  }
  const below = there ? data[name] : {}
  const changed = isObject(below) ? changeAt(below, rest, op, value) : undefined
  return changed && { ...data, [name]: changed }
}

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)
