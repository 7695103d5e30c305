import { type Clause, clauses } from '../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, stringMember } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { readDocument } from './read-document.ts'

export const manifestClauses = clauses({
  members: 'bundle-manifest-members',
  revision: 'bundle-manifest-revision',
  roots: 'bundle-manifest-roots',
  rootsOverlap: 'bundle-manifest-roots-disjoint',
  wasm: 'bundle-manifest-wasm',
})

/** What `.manifest` says. `roots`: the paths the bundle owns, `''` for everything. `entrypoints`: as in `policy.wasm`. */
export interface Manifest {
  readonly revision: string
  readonly roots: readonly string[]
  readonly entrypoints: readonly string[]
  readonly metadata: JsonObject
}

const known = ['revision', 'roots', 'wasm', 'rego_version', 'file_rego_versions', 'metadata']
const rootPattern = /^(?!\.{1,2}(?:\/|$))[\w.@ -]+(?:\/(?!\.{1,2}(?:\/|$))[\w.@ -]+)*$/

/** Reads `.manifest` (OPA's format), strictly: a member that is not known here may carry a meaning that is lost. */
export function readManifest(bytes: Uint8Array): Result<Manifest> {
  const document = readDocument(bytes)
  if (!document.ok) return document
  const manifest = document.value
  if (!isObject(manifest) || Object.keys(manifest).some((name) => !known.includes(name)))
    return bad(manifestClauses.members, `.manifest may have only the members ${known.join(', ')}`)
  const revision = stringMember(manifest, 'revision')
  if (revision === undefined || !/^[\x21-\x7e]{1,128}$/.test(revision))
    return bad(manifestClauses.revision, '.manifest needs a `revision` of 1 to 128 visible characters')
  const roots = readRoots(member(manifest, 'roots'))
  if (!roots.ok) return roots
  const entrypoints = readEntrypoints(member(manifest, 'wasm'))
  if (!entrypoints.ok) return entrypoints
  const metadata = member(manifest, 'metadata') ?? {}
  if (!isObject(metadata)) return bad(manifestClauses.members, '`metadata` of .manifest must be an object')
  return ok({ revision, roots: roots.value, entrypoints: entrypoints.value, metadata })
}

/** Whether a path of data lies in what the bundle owns. */
export const isWithinRoots = (path: string, roots: readonly string[]): boolean =>
  roots.some((root) => root === '' || path === root || path.startsWith(`${root}/`))

function readRoots(value: JsonValue = ['']): Result<readonly string[]> {
  if (!isArray(value)) return bad(manifestClauses.roots, '`roots` of .manifest must be a list of paths')
  const roots: string[] = []
  for (const root of value) {
    const path = typeof root === 'string' ? root.replace(/^\/|\/$/g, '') : undefined
    if (path === undefined || (path !== '' && !rootPattern.test(path)))
      return bad(manifestClauses.roots, '`roots` of .manifest must be a list of paths')
    if (roots.some((other) => isWithinRoots(path, [other]) || isWithinRoots(other, [path])))
      return bad(manifestClauses.rootsOverlap, 'two `roots` of .manifest overlap')
    roots.push(path)
  }
  return ok(roots)
}

function readEntrypoints(value: JsonValue | undefined): Result<readonly string[]> {
  if (value === undefined || !isArray(value) || value.length === 0)
    return bad(manifestClauses.wasm, '.manifest names no `wasm` entrypoint; build the bundle for the wasm target')
  const entrypoints: string[] = []
  for (const item of value) {
    const entrypoint = isObject(item) ? stringMember(item, 'entrypoint') : undefined
    const file = isObject(item) ? stringMember(item, 'module') : undefined
    if (entrypoint === undefined || file?.replace(/^\//, '') !== 'policy.wasm' || entrypoints.includes(entrypoint))
      return bad(manifestClauses.wasm, 'each `wasm` item of .manifest must name its own entrypoint of /policy.wasm')
    entrypoints.push(entrypoint)
  }
  return ok(entrypoints)
}

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)
