import { clauses } from '../core/clause.ts'
import { type Result, refuse } from '../core/result.ts'
import type { Answer } from './answer.ts'
import { readResult, type ResultRules } from './read-result.ts'
import { readValue } from './read-value.ts'
import { isArrayValue, isObjectValue, isSetValue, type Value } from './value.ts'
import { valueToJson } from './value-to-json.ts'

export const outcomeClauses = clauses({
  undefined: 'policy-result-defined',
  dump: 'policy-result-dump',
  json: 'policy-result-json',
})

/** Reads what an evaluation dumped: `{{"result": value}}`, or `set()` for undefined, which is POLICY_UNDEFINED. */
export function readOutcome(dumped: string, rules: ResultRules): Result<Answer> {
  const value = readValue(dumped)
  const rows = isSetValue(value) ? value.items : isArrayValue(value) ? value : undefined
  if (rows?.length === 0)
    return refuse('POLICY_UNDEFINED', outcomeClauses.undefined, 'the entrypoint is undefined for this input')
  const result = rows?.length === 1 ? resultOf(rows[0]) : undefined
  if (result === undefined)
    return refuse('POLICY_ERROR', outcomeClauses.dump, 'the policy module answered in an unknown form')
  const json = valueToJson(result)
  return json === undefined
    ? refuse(
        'POLICY_ERROR',
        outcomeClauses.json,
        'the result holds a key that is no string or a number beyond a double',
      )
    : readResult(json, rules)
}

function resultOf(row: Value | undefined): Value | undefined {
  if (!isObjectValue(row) || row.entries.length !== 1) return undefined
  const [entry] = row.entries
  return entry?.[0] === 'result' ? entry[1] : undefined
}
