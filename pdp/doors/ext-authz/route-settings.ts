import type { Assurance } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import type { JsonObject } from '../../core/json.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Service } from '../../core/service.ts'

export const routeClauses = clauses({ assurance: 'ext-authz-minimum-assurance' })

/** What the proxy says for each route: strings by name. */
type Extensions = ReadonlyMap<string, string>

const names = { service: 'service', minimumAssurance: 'minimum_assurance' } as const
const own: ReadonlySet<string> = new Set(Object.values(names))
const levels: ReadonlyMap<string, Assurance['level']> = new Map([
  ['1', 1],
  ['2', 2],
  ['3', 3],
  ['4', 4],
])

/** The service that a route asks for; absent: the only one of the enforcement point. */
export const serviceNamed = (extensions: Extensions | undefined): string | undefined => extensions?.get(names.service)

/**
 * The service as this route guards it: a route may ask for more assurance than its service does, never for less. Where it
 * asks for any, nobody is anonymous.
 */
export function asRouteDemands(service: Service, extensions: Extensions | undefined): Result<Service> {
  const asked = extensions?.get(names.minimumAssurance)
  if (asked === undefined) return ok(service)
  const level = levels.get(asked)
  if (level === undefined) {
    return refuse(
      'REQUEST_MALFORMED',
      routeClauses.assurance,
      'context_extensions.minimum_assurance must be 1, 2, 3 or 4',
    )
  }
  const { minimumAssurance = level } = service
  return ok({ ...service, identity: 'required', minimumAssurance: minimumAssurance > level ? minimumAssurance : level })
}

/** What is for policy: all that is not for this door. */
export const contextOf = (extensions: Extensions): JsonObject =>
  Object.fromEntries([...extensions].filter(([name]) => !own.has(name)))
