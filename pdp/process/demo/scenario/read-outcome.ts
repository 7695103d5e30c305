import { isArray, isObject, type JsonValue, member, stringMember } from '../../../core/json.ts'
import type { Outcome } from './row.ts'

/** Reads what the decision point answered: a decision, or a problem with the request itself (RFC 9457). */
export function readOutcome(status: number, reply: JsonValue): Outcome {
  const code = textOf(reply, 'code')
  const decided = textOf(reply, 'decision')
  if (decided === '')
    return { decided: String(status), code, why: textOf(reply, 'clause'), says: textOf(reply, 'detail') }
  const reasons = byCode(listOf(reply, 'reasons'))
  const results = listOf(reply, 'results')
  const obligations = listOf(reply, 'obligations')
    .map((obligation) => textOf(obligation, 'type'))
    .sort()
  return {
    decided,
    code,
    why: [
      results.length > 0 ? joined(results.map(resultOf)) : codesOf(reasons),
      ...(obligations.length > 0 ? [joined(obligations)] : []),
    ].join(' + '),
    says: textOf(reasons[0] ?? null, 'message'),
  }
}

const resultOf = (result: JsonValue): string =>
  `${textOf(result, 'decision')} ${codesOf(byCode(listOf(result, 'reasons')))}`

// policies answer sets, whose members stand in no order
const byCode = (reasons: readonly JsonValue[]): readonly JsonValue[] =>
  reasons.toSorted((a, b) => (textOf(a, 'code') < textOf(b, 'code') ? -1 : 1))

const codesOf = (reasons: readonly JsonValue[]): string => joined(reasons.map((reason) => textOf(reason, 'code')))

const joined = (texts: readonly string[]): string => texts.join(', ')

const textOf = (value: JsonValue, name: string): string => (isObject(value) && stringMember(value, name)) || ''

function listOf(value: JsonValue, name: string): readonly JsonValue[] {
  const list = isObject(value) ? member(value, name) : undefined
  return list !== undefined && isArray(list) ? list : []
}
