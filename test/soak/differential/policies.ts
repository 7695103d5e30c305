import type { JsonValue } from '../../../pdp/core/json.ts'
import type { SmallPolicy } from '../../property/policy/read-set/policies.ts'

const named = (...names: readonly string[]): JsonValue => ({ items: names.map((name, size) => ({ name, size })) })

/** Policies whose evaluations end in every way there is: defined, undefined, and aborted by each kind of conflict. */
export const endingPolicies: readonly SmallPolicy[] = [
  {
    name: 'adult',
    rego: `
decision := "adult" if input.age >= 18
decision := "child" if input.age < 18`,
    seeds: [{ age: 17 }, { age: 18 }, { age: 19, name: 'x' }],
  },
  {
    name: 'rule_conflict',
    rego: `decision := value if some value in input.values`,
    seeds: [{ values: [1] }, { values: [1, 2, 3] }, { values: ['a', 'b', { c: 1 }, { c: 2 }] }],
  },
  {
    name: 'key_conflict',
    rego: `
by_name[item.name] := item.size if some item in input.items
decision := by_name`,
    seeds: [named('a', 'b', 'c'), named('a', 'a', 'b', 'b', 'a')],
  },
  {
    name: 'comprehension_conflict',
    rego: `decision := {item.name: item.size | some item in input.items}`,
    seeds: [named('a', 'b', 'c'), named('a', 'a', 'b', 'b', 'a')],
  },
  {
    name: 'function_conflict',
    rego: `
rank(x) := mark if some mark in x.marks
decision := [r | some user in input.users; r := rank(user)]`,
    seeds: [{ users: [{ marks: [1] }, { marks: [2] }] }, { users: [{ marks: [1, 2, 3] }, { marks: [3, 4] }] }],
  },
  {
    name: 'sets_and_keys',
    rego: `
decision := {
	"kinds": {type_name(v) | some v in input.values},
	"nested": {[k, {v}] | some k, v in input.values},
	"sum": sum([v | some v in input.values; is_number(v)]),
	"union": {1, "a", null} | {v | some v in input.values},
	"less": {v | some v in input.values; v < input.limit},
	"texts": sort([lower(v) | some v in input.values; is_string(v)]),
}`,
    seeds: [{ values: [1, 'A', null, true, [1], { a: 1 }, 2.5], limit: 2 }],
  },
]
