import type { Fact } from '../core/caller.ts'
import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'

export const pathTemplateClauses = clauses({ match: 'spiffe-path-template' })

/** Reads facts out of the path of a SPIFFE ID. */
export type ReadPath = (path: string) => Result<readonly Fact[]>

/**
 * Compiles `/ns/{namespace}/sa/{service_account}`. A path of another shape is refused: facts of a workload whose path
 * is not understood would silently be absent.
 */
export function createPathTemplate(template: string): ReadPath {
  const steps = template
    .split('/')
    .slice(1)
    .map((step) => ({ step, name: /^\{(.+)\}$/.exec(step)?.[1] }))
  return function readPath(path) {
    const segments = path.split('/').slice(1)
    const facts: Fact[] = []
    for (const [i, { step, name }] of steps.entries()) {
      const segment = segments[i]
      if (segment === undefined || (name === undefined && segment !== step)) break
      if (name !== undefined) facts.push({ name, value: segment, source: 'path' })
      if (i === steps.length - 1 && segments.length === steps.length) return ok(facts)
    }
    return refuse(
      'CREDENTIAL_REFUSED',
      pathTemplateClauses.match,
      'path does not have the shape configured for its trust domain',
    )
  }
}
