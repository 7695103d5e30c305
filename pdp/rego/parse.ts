import { isObject, mapOf, shapeOf } from './guards.ts'
import type { RegoSources, Verb } from './verb.ts'

export interface ParseRequest extends RegoSources {
  /** Add file, row, column and source text to every node. */
  readonly locations?: boolean
}

export interface Parsed {
  /** The syntax tree of every module, by path, in the JSON shape of `opa parse`. */
  readonly modules: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const isParsed = shapeOf<Parsed>({ modules: mapOf(isObject) })

/** Syntax trees, before any compilation. */
export const parse: Verb<ParseRequest, Parsed> = {
  name: 'parse',
  write: (request) => request,
  read(value) {
    return isParsed(value) ? value : undefined
  },
}
