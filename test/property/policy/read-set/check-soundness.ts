import type { JsonObject, JsonValue } from '../../../../pdp/core/json.ts'
import type { ReadTree } from '../../../../pdp/core/read-tree.ts'
import { compareValues } from '../../../../pdp/policy/compare-values.ts'
import type { EvaluationContext } from '../../../../pdp/policy/evaluation-context.ts'
import type { Instance, Outcome } from '../../../../pdp/policy/instance.ts'
import { project } from '../../../../pdp/policy/read-set/project.ts'
import { readValue } from '../../../../pdp/policy/read-value.ts'
import { createRandom, mutated, singleMutations } from './mutate.ts'

/** What is checked: an entrypoint, its tree, and inputs to start from. */
export interface Subject {
  readonly name: string
  readonly instance: Instance
  readonly entrypoint: number
  readonly tree: ReadTree
  readonly seeds: readonly JsonValue[]
  /** Absent: builtins that depend on the decision are undefined. */
  readonly context?: EvaluationContext
}

/** What else a policy reads, to be altered too: its base documents, and an instance on others. */
export interface DataSubject extends Subject {
  readonly data: JsonObject
  readonly dataTree: ReadTree
  readonly start: (data: JsonValue) => Instance
}

export interface Counts {
  /** Inputs that were evaluated both whole and projected. */
  inputs: number
  /** Those that differ from the input before only outside the read set. */
  outside: number
  /** Evaluations that were defined, and among them those that hold `true`. */
  defined: number
  holding: number
  aborted: number
}

/** An input for which the read set is not enough. */
export interface Counterexample {
  readonly input: string
  readonly against: string
  readonly results: readonly [string, string]
}

export const noCounts = (): Counts => ({ inputs: 0, outside: 0, defined: 0, holding: 0, aborted: 0 })

export const countsLine = ({ inputs, outside, defined, holding, aborted }: Counts): string =>
  `${inputs} inputs whole and projected (${outside} changed outside alone): ${defined} defined, ${holding} with a true, ${aborted} aborted`

/**
 * Looks for an input whose projection has another result, and for two inputs with one projection and two results. First
 * all single changes of the seeds, then random ones, several in a row, until `until` (of `performance.now`) has passed.
 */
export function checkSoundness(
  subject: Subject,
  counts: Counts,
  { seed, until }: { readonly seed: number; readonly until: number },
): Counterexample | undefined {
  const check = createCheck(subject, counts)
  for (const start of subject.seeds) {
    const first = check.single(start)
    if (first) return first
    for (const input of singleMutations(start)) {
      const found = check.pair(start, input)
      if (found) return found
    }
  }
  const random = createRandom(seed)
  let input: JsonValue = subject.seeds[0] ?? {}
  while (performance.now() < until) {
    if (random() < 0.25) input = subject.seeds[Math.floor(random() * subject.seeds.length)] ?? {}
    const next = mutated(input, subject.seeds, random)
    const found = check.pair(input, next)
    if (found) return found
    input = JSON.stringify(next).length < 4_000 ? next : {}
  }
  return undefined
}

/**
 * Looks for base documents whose projection has other results, among `attempts` single changes of the documents that are
 * spread over all of them. Answers how many were tried and how many changed a result.
 */
export function checkDataSoundness(
  { data, dataTree, start, entrypoint, seeds }: DataSubject,
  attempts: number,
): { readonly tried: number; readonly changed: number; readonly found?: string } {
  const resultsOn = (documents: JsonValue): readonly string[] => {
    const instance = start(documents)
    return seeds.map((seed) => {
      const outcome = instance.evaluate(entrypoint, JSON.stringify(seed))
      if (outcome.kind !== 'result' && !instance.restart()) throw new Error('the instance does not restart')
      return textOf(outcome)
    })
  }
  const unchanged = resultsOn(data)
  const mutations = [data, ...singleMutations(data)]
  const step = Math.max(1, mutations.length / attempts)
  let [tried, changed] = [0, 0]
  for (let i = 0; i < mutations.length; i += step) {
    const documents = mutations[Math.floor(i)] ?? data
    const [whole, projected] = [resultsOn(documents), resultsOn(project(dataTree, documents))]
    tried++
    if (whole.some((result, k) => !same(result, unchanged[k] ?? ''))) changed++
    if (whole.some((result, k) => !same(result, projected[k] ?? '')))
      return { tried, changed, found: JSON.stringify(documents) }
  }
  return { tried, changed }
}

function createCheck({ instance, entrypoint, tree, context }: Subject, counts: Counts) {
  const known = new Map<string, string>() // the last few results, since each input is the next one's `before`
  function evaluate(text: string): string {
    const before = known.get(text)
    if (before !== undefined) return before
    const outcome = instance.evaluate(entrypoint, text, context)
    if (outcome.kind !== 'result' && !instance.restart()) throw new Error('the instance does not restart')
    const result = textOf(outcome)
    if (known.size > 4) known.clear()
    known.set(text, result)
    return result
  }
  function single(input: JsonValue): Counterexample | undefined {
    const [text, projected] = [JSON.stringify(input), JSON.stringify(project(tree, input))]
    const results = [evaluate(text), evaluate(projected)] as const
    counts.inputs++
    if (results[0].startsWith('abort')) counts.aborted++
    else if (results[0] !== 'set()') counts.defined++
    if (results[0].includes('true')) counts.holding++
    return same(...results) ? undefined : { input: text, against: projected, results }
  }
  return {
    single,
    pair(before: JsonValue, after: JsonValue): Counterexample | undefined {
      const [a, b] = [JSON.stringify(before), JSON.stringify(after)]
      if (a === b) return undefined
      if (JSON.stringify(project(tree, before)) === JSON.stringify(project(tree, after))) {
        counts.outside++
        const results = [evaluate(a), evaluate(b)] as const
        if (!same(...results)) return { input: b, against: a, results }
      }
      return single(after)
    },
  }
}

const textOf = (outcome: Outcome): string =>
  outcome.kind === 'result' ? outcome.text : `${outcome.kind}: ${outcome.message}`

/** Sets are dumped in any order. */
function same(a: string, b: string): boolean {
  if (a === b) return true
  const [x, y] = [readValue(a), readValue(b)]
  return x !== undefined && y !== undefined && compareValues(x, y) === 0
}
