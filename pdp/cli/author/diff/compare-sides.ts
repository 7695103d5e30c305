import { isArray, isObject, type JsonValue } from '../../../core/json.ts'
import type { Result } from '../../../core/result.ts'
import type { Answer } from '../../../policy/answer.ts'
import { answerCase, type CorpusCase } from '../../../policy/corpus.ts'
import type { RuleText, Side } from './open-side.ts'

/** What stands in one of the two alone, or differs. `place`: in the second, or else in the first. */
export interface RuleChange {
  readonly rule: string
  readonly change: 'added' | 'removed' | 'changed'
  readonly place: string
}

/** A value at a JSON pointer (RFC 6901) that differs; absent where it is not there. */
export interface DataChange {
  readonly pointer: string
  readonly from?: JsonValue
  readonly to?: JsonValue
}

/** A case that both answer, and not alike. `before`, `after`: the codes of the reasons, or why there is no answer. */
export interface DecisionChange {
  readonly kind: 'allow→deny' | 'deny→allow' | 'reasons'
  readonly name: string
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** - `rules`: absent where a side is a bundle. `module`: whether the compiled code is another. `cases`: how many were asked. */
export interface SideDifferences {
  readonly module: boolean
  readonly rules?: readonly RuleChange[]
  readonly entrypoints: { readonly added: readonly string[]; readonly removed: readonly string[] }
  readonly data: readonly DataChange[]
  readonly cases: number
  readonly decisions: readonly DecisionChange[]
}

/** Compares two policies: what they are made of, and what they answer to cases. */
export function compareSides(a: Side, b: Side, cases: readonly CorpusCase[]): SideDifferences {
  const [before, after] = [a, b].map(({ bundle }) => [...bundle.evaluator.entrypoints.keys()].sort())
  return {
    module: a.bundle.moduleDigest !== b.bundle.moduleDigest,
    ...(a.rules && b.rules && { rules: [...compareRules(a.rules, b.rules)] }),
    entrypoints: {
      added: (after ?? []).filter((name) => before?.includes(name) !== true),
      removed: (before ?? []).filter((name) => after?.includes(name) !== true),
    },
    data: [...compareData(a.data, b.data, '')],
    cases: cases.length,
    decisions: cases.flatMap((one) => compareCase(one, a, b)),
  }
}

export const isSame = ({ module, rules = [], entrypoints, data, decisions }: SideDifferences): boolean =>
  !module && [rules, entrypoints.added, entrypoints.removed, data, decisions].every((list) => list.length === 0)

function* compareRules(a: ReadonlyMap<string, RuleText>, b: ReadonlyMap<string, RuleText>): Generator<RuleChange> {
  for (const [rule, { text, place }] of b) {
    const before = a.get(rule)
    if (!before) yield { rule, change: 'added', place }
    else if (before.text !== text) yield { rule, change: 'changed', place }
  }
  for (const [rule, { place }] of a) if (!b.has(rule)) yield { rule, change: 'removed', place }
}

function* compareData(a: JsonValue | undefined, b: JsonValue | undefined, pointer: string): Generator<DataChange> {
  if (isObject(a) && isObject(b)) {
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const below = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      yield* compareData(
        Object.hasOwn(a, name) ? a[name] : undefined,
        Object.hasOwn(b, name) ? b[name] : undefined,
        below,
      )
    }
  } else if (isArray(a) && isArray(b)) {
    for (let i = 0; i < Math.max(a.length, b.length); i++) yield* compareData(a[i], b[i], `${pointer}/${i}`)
  } else if (a !== b) yield { pointer, ...(a !== undefined && { from: a }), ...(b !== undefined && { to: b }) }
}

function compareCase(one: CorpusCase, a: Side, b: Side): readonly DecisionChange[] {
  const [before, after] = [answerCase(one, a.bundle), answerCase(one, b.bundle)]
  if (!before || !after) return [] // an entrypoint that one side lacks is told as such
  const [was, is] = [allows(before), allows(after)]
  const [said, says] = [codesOf(before), codesOf(after)]
  if (was === is && said.join() === says.join()) return []
  const kind = was === is ? 'reasons' : was ? 'allow→deny' : 'deny→allow'
  return [{ kind, name: one.name, before: said, after: says }]
}

const allows = (answer: Result<Answer>): boolean => answer.ok && answer.value.allow

const codesOf = (answer: Result<Answer>): readonly string[] =>
  answer.ok ? answer.value.reasons.map(({ code }) => code).sort() : [answer.clause]
