import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { QueryParameter } from '../../core/signed-request.ts'
import { uriDecode } from './uri-encode.ts'

export const sigv4QueryClauses = clauses({
  encoding: 'sigv4-query-encoding',
  plus: 'sigv4-query-plus',
})

/**
 * Takes a raw query apart, keeping what is empty. A plus is refused: servers read it as a space, a signature covers it as a
 * plus, and whoever has a request with one could exchange it for the escape without anyone noticing.
 */
export function readSignedQuery(rawQuery: string | undefined): Result<readonly QueryParameter[]> {
  const parameters: QueryParameter[] = []
  if (rawQuery === undefined || rawQuery === '') return ok(parameters)
  if (rawQuery.includes('+')) {
    return refuse('CREDENTIAL_MALFORMED', sigv4QueryClauses.plus, 'write a space as %20 and a plus as %2B')
  }
  for (const pair of rawQuery.split('&')) {
    const equals = pair.indexOf('=')
    const name = uriDecode(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : uriDecode(pair.slice(equals + 1))
    if (name === undefined || value === undefined) {
      return refuse('CREDENTIAL_MALFORMED', sigv4QueryClauses.encoding, 'query has an invalid percent-encoding')
    }
    parameters.push({ name, value })
  }
  return ok(parameters)
}
