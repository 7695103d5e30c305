import { isObject, isString, listOf, shapeOf } from './guards.ts'
import type { RegoSources, Verb } from './verb.ts'

export type CapabilitiesRequest = Omit<RegoSources, 'modules'>

export interface Capable {
  /** OPA's own document, as `opa capabilities` prints it, restricted to the builtins that were asked for. */
  readonly capabilities: Readonly<Record<string, unknown>>
  /** The functions that compiled policies bring themselves, sorted; a host must bring every other. */
  readonly native: readonly string[]
}

const isCapable = shapeOf<Capable>({ capabilities: isObject, native: listOf(isString) })

/** What policies may use in this version of OPA. */
export const capabilities: Verb<CapabilitiesRequest, Capable> = {
  name: 'capabilities',
  write: (request) => request,
  read(value) {
    return isCapable(value) ? value : undefined
  },
}
