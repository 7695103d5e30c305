import { isObject, type JsonValue } from '../../../core/json.ts'
import { readValue } from '../../../policy/read-value.ts'
import { valueToJson } from '../../../policy/value-to-json.ts'
import type { Explanation, FailedExpression, HeldRule } from '../../../rego/explanation.ts'

/**
 * Why a decision denies.
 *
 * - `held`: rules that gave its reasons: of policies that list what denies, the bodies that held.
 * - `failed`: the conditions for want of which it does not allow, or those denied that should have held.
 */
export interface Causes {
  readonly held: readonly HeldRule[]
  readonly failed: readonly FailedExpression[]
}

/**
 * Follows a denied decision to its causes: from the rules that gave its reasons, or else from the entrypoint, along what they
 * refer to, down to the expressions that failed by themselves. What failed elsewhere decided nothing.
 */
export function findCauses({ fails, holds }: Explanation, rule: string, decided: JsonValue | undefined): Causes {
  const given = reasonsOf(decided).map((reason) => JSON.stringify(sorted(reason)))
  const reasons = holds.filter((held) => held.rule !== rule && given.includes(textOf(held.value) ?? ''))
  const own = holds.filter((held) => held.rule === rule)
  const started = reasons.length > 0 ? reasons : own
  const held = new Set(holds.map((each) => each.rule))
  const failed = new Set<FailedExpression>()
  const followed = new Set<string>()

  function follow(name: string): boolean {
    if (held.has(name)) return false // what it gives was compared by whoever refers to it
    if (followed.has(name)) return true
    followed.add(name)
    const within = fails.filter((each) => each.rules.at(-1) === name)
    for (const each of within) {
      // every one is followed: any of them may be what is to be changed
      const deeper = each.refers.filter((next) => next !== name).map((next) => follow(next))
      if (!deeper.includes(true)) failed.add(each)
    }
    return within.length > 0
  }

  for (const each of started) for (const name of each.refers) follow(name)
  if (started.length === 0) follow(rule)
  // an entrypoint that holds, and denies, without a word of its own: then what its other bodies lacked
  if (reasons.length === 0 && failed.size === 0)
    for (const each of fails) if (each.rules.at(-1) === rule && !each.negated) failed.add(each)
  return { held: started.filter(({ conditions }) => conditions.length > 0), failed: [...failed] }
}

function reasonsOf(decided: JsonValue | undefined): readonly JsonValue[] {
  const reasons = isObject(decided) ? decided['reasons'] : undefined
  return Array.isArray(reasons) ? (reasons as readonly JsonValue[]) : []
}

/** The value of a rule as comparable text; undefined where it was cut. */
function textOf(rego: string): string | undefined {
  const value = readValue(rego)
  const json = value === undefined ? undefined : valueToJson(value)
  return json === undefined ? undefined : JSON.stringify(sorted(json))
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name] ?? null)]),
  )
}
