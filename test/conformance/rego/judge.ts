import { compareValues, sortValues } from '../../../pdp/policy/compare-values.ts'
import type { Outcome } from '../../../pdp/policy/instance.ts'
import { readValue } from '../../../pdp/policy/read-value.ts'
import {
  isArrayValue,
  isNumberValue,
  isObjectValue,
  isSetValue,
  numberText,
  type ObjectValue,
  type Value,
} from '../../../pdp/policy/value.ts'
import type { ConformanceCase } from './corpus.ts'

/**
 * Why an outcome is not what a case wants, undefined if it is: the rules of OPA's own run over WebAssembly
 * (internal/wasm/sdk/test/e2e/external_test.go of the module).
 */
export function judge(wanted: ConformanceCase, outcome: Outcome): string | undefined {
  if (wanted.wantDefined !== undefined) return judgeDefined(wanted.wantDefined, outcome)
  if (wanted.wantResult !== undefined) return judgeResult(wanted, wanted.wantResult, outcome)
  // WebAssembly knows no strict errors of builtins: they are undefined
  if (wanted.strictError === true) return judgeDefined(false, outcome)
  if (outcome.kind === 'result') return `wanted an error, got ${outcome.text}`
  if (wanted.wantErrorCode !== 'eval_conflict_error')
    return `wanted an unknown error: ${wanted.wantErrorCode ?? 'none'}`
  const conflict = outcome.kind === 'abort' && /var assignment conflict|object insert conflict/.test(outcome.message)
  return conflict ? undefined : `wanted a conflict, got ${outcome.kind}: ${outcome.message}`
}

function judgeDefined(wanted: boolean, outcome: Outcome): string | undefined {
  if (outcome.kind !== 'result') return `${outcome.kind}: ${outcome.message}`
  const rows = rowsOf(outcome.text)
  if (!rows) return `not a result set: ${outcome.text}`
  return rows.length > 0 === wanted ? undefined : `wanted ${wanted ? 'a' : 'no'} result, got ${outcome.text}`
}

function judgeResult(wanted: ConformanceCase, wantResult: string, outcome: Outcome): string | undefined {
  if (outcome.kind !== 'result') return `${outcome.kind}: ${outcome.message}`
  const expected = rowsOf(wantResult)
  const rows = rowsOf(outcome.text)
  if (!expected || !rows) return `not a result set: ${rows ? wantResult : outcome.text}`
  const got = rows.map((row) => bindings(row, wanted))
  const same = compareValues(sortValues(expected), sortValues(got)) === 0
  return same ? undefined : `wanted ${wantResult}, got ${outcome.text}`
}

function rowsOf(text: string): readonly Value[] | undefined {
  const value = readValue(text)
  return isSetValue(value) ? value.items : isArrayValue(value) ? value : undefined
}

/** One row as OPA compares it: without its sets, and with the array of a binding sorted where the case says so. */
function bindings(row: Value, { sortBindings, ignoreGeneratedVars }: ConformanceCase): Value {
  const plain = withoutSets(row)
  if (!isObjectValue(plain)) return plain
  const kept = ignoreGeneratedVars
    ? plain.entries.filter(([name]) => !(typeof name === 'string' && name.startsWith('__localq')))
    : plain.entries
  const entries = kept.map(([name, value]): ObjectValue['entries'][number] => [
    name,
    sortBindings && isArrayValue(value) ? value.toSorted(compareValues) : value,
  ])
  return { kind: 'object', entries }
}

/** As OPA turns a value into JSON: sets become sorted lists, and a key that is no string becomes the text of its JSON. */
function withoutSets(value: Value): Value {
  if (isArrayValue(value)) return value.map(withoutSets)
  if (isSetValue(value)) return sortValues(value.items).map(withoutSets)
  if (!isObjectValue(value)) return value
  const entries = value.entries.map(([key, item]): ObjectValue['entries'][number] => [keyText(key), withoutSets(item)])
  return { kind: 'object', entries }
}

const keyText = (key: Value): string => (typeof key === 'string' ? key : jsonText(withoutSets(key)))

function jsonText(value: Value): string {
  if (isNumberValue(value)) return numberText(value)
  if (isArrayValue(value)) return `[${value.map(jsonText).join(',')}]`
  if (!isObjectValue(value)) return JSON.stringify(value)
  const entries = value.entries.toSorted(([a], [b]) => compareValues(a, b))
  return `{${entries.map(([key, item]) => `${JSON.stringify(keyText(key))}:${jsonText(item)}`).join(',')}}`
}
