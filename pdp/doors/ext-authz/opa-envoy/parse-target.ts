import { clauses } from '../../../core/clause.ts'
import type { JsonObject } from '../../../core/json.ts'
import { ok, type Result, refuse } from '../../../core/result.ts'

export const targetClauses = clauses({
  path: 'opa-envoy-parsed-path',
  query: 'opa-envoy-parsed-query',
})

/** `parsed_path` and `parsed_query`. */
export interface ParsedTarget {
  readonly path: readonly string[]
  readonly query: JsonObject
}

/**
 * Takes the path of a request apart as the plugin does: the whole of it is percent-decoded before it is split, so that
 * `%2F` splits too; leading slashes go, inner empty segments and dot segments stay. It is another reading than the one of
 * `core/request-facts.ts`, which refuses paths that have more than one.
 */
export function parseTarget(target: string): Result<ParsedTarget> {
  const mark = target.indexOf('?')
  const path = decoded(mark < 0 ? target : target.slice(0, mark))
  if (path === undefined)
    return refuse('REQUEST_MALFORMED', targetClauses.path, 'the path is not percent-encoded UTF-8')
  const query = parseForm(mark < 0 ? '' : target.slice(mark + 1))
  return query
    ? ok({ path: path.replace(/^\/+/, '').split('/'), query })
    : refuse('REQUEST_MALFORMED', targetClauses.query, 'the query is not of name=value, percent-encoded UTF-8')
}

const maximumPairs = 10_000

/** `application/x-www-form-urlencoded` as name → values; undefined where it is none. A semicolon separates nothing. */
export function parseForm(text: string): JsonObject | undefined {
  const values = new Map<string, string[]>()
  const pairs = text.split('&')
  if (pairs.length > maximumPairs) return undefined
  for (const pair of pairs) {
    if (pair === '') continue
    if (pair.includes(';')) return undefined
    const equals = pair.indexOf('=')
    const name = decoded((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '))
    const value = decoded((equals < 0 ? '' : pair.slice(equals + 1)).replaceAll('+', ' '))
    if (name === undefined || value === undefined) return undefined
    const before = values.get(name)
    if (before) before.push(value)
    else values.set(name, [value])
  }
  return Object.fromEntries(values)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
