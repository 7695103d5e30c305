import { type RequestFacts, readRequestFacts } from '../../core/request-facts.ts'
import type { Service } from '../../core/service.ts'

/**
 * The target of this request that a proof names, if it names it: an origin of the service and the path of the request,
 * without query and fragment. The origin is the service's own, never what a header of the request says it is. Both are
 * compared after RFC 3986 §6.2.2 and §6.2.3; what can be read in two ways names nothing.
 */
export function ownTarget(
  named: string | undefined,
  { origins }: Service,
  { path, ambiguity }: RequestFacts,
): string | undefined {
  const isOwn = (target: string): boolean => origins.some((origin) => `${origin}${path}` === target)
  if (named !== undefined && ambiguity === undefined && isOwn(named)) return named // as it should be written
  const facts = readRequestFacts('GET', named?.split(/[?#]/, 1)[0] ?? '')
  if (!facts.ok || facts.value.ambiguity) return undefined
  const target = `${originOf(facts.value)}${facts.value.path}`
  return isOwn(target) ? target : undefined
}

const defaultPorts: Readonly<Record<string, string>> = { https: ':443', http: ':80' }

function originOf({ scheme, host }: RequestFacts): string {
  const port = defaultPorts[scheme] ?? ''
  return `${scheme}://${host.endsWith(port) ? host.slice(0, -port.length) : host}`
}
