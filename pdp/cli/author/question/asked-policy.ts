import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { didYouMean } from '../../../core/did-you-mean.ts'
import type { JsonValue } from '../../../core/json.ts'
import type { PolicyInput } from '../../../core/policy-input.ts'
import type { Result } from '../../../core/result.ts'
import type { Answer } from '../../../policy/answer.ts'
import { type BuiltinAnswer, createEvaluationContext } from '../../../policy/evaluation-context.ts'
import { type LoadedBundle, loadBundle } from '../../../policy/load-bundle.ts'
import { readOutcome } from '../../../policy/read-outcome.ts'
import { defaultResultRules } from '../../../policy/read-result.ts'
import { type InputReads, allReads, inputReadsOf } from '../../../policy/read-set/input-reads.ts'
import { readValue } from '../../../policy/read-value.ts'
import { isObjectValue, isSetValue } from '../../../policy/value.ts'
import { valueToJson } from '../../../policy/value-to-json.ts'
import { remember } from '../../../policy/remember.ts'
import { writeInput } from '../../../policy/write-input.ts'
import type { RegoToolchain } from '../../../rego/toolchain.ts'
import { buildBundle, type DefinitionSources, readDefinitionSources } from '../../build-bundle.ts'
import { findDefinitions } from '../find-definitions.ts'
import type { PolicyQuestion } from './read-question.ts'

/** - `definition`: of the bundle. `entrypoint`: of it; the first unless said. `artefact`: in place of what is built. */
export interface AskedPolicyFlags {
  readonly definition?: string
  readonly entrypoint?: string
  readonly artefact?: string
}

/**
 * What the artefact answered. `dumped`: its result as it gave it; absent where there was none. `answers`: of builtins that
 * depend on the decision.
 */
export interface ArtefactAnswered {
  readonly answer: Result<Answer>
  readonly dumped?: string
  readonly answers: readonly BuiltinAnswer[]
}

/** One entrypoint of a bundle whose sources are at hand. */
export interface AskedPolicy {
  readonly sources: DefinitionSources
  readonly bundle: LoadedBundle
  readonly entrypoint: string
  readonly reads: InputReads
  readonly plan: unknown
  /** Asks the artefact, as a decision does. `input` stands in the place of the question's own. */
  ask(question: PolicyQuestion, input?: PolicyInput): ArtefactAnswered
}

/** Builds and opens the policy that is asked. Throws, for the author, where it does not compile or is not there. */
export async function openAskedPolicy(
  definition: string,
  { entrypoint: wanted, artefact }: AskedPolicyFlags,
  toolchain: RegoToolchain,
): Promise<AskedPolicy> {
  const sources = await readDefinitionSources(definition)
  const built = await buildBundle(definition, toolchain)
  const bundle = await loadBundle(artefact === undefined ? built.archive : await readFile(artefact))
  if (!bundle.ok) throw new Error(`${artefact ?? definition}: ${bundle.detail} (${bundle.clause})`)
  const { evaluator, readSets, maximumInput } = bundle.value
  const entrypoint = wanted ?? sources.entrypoints[0] ?? ''
  const id = evaluator.entrypoints.get(entrypoint)
  if (id === undefined) {
    const there = [...evaluator.entrypoints.keys()]
    const near = didYouMean(entrypoint, there)
    throw new Error(
      near === undefined
        ? `no entrypoint ${entrypoint}: there are ${there.join(', ')}`
        : `no entrypoint ${entrypoint}; did you mean ${near}?`,
    )
  }
  const readSet = readSets.get(entrypoint)
  const reads = readSet ? inputReadsOf(readSet) : allReads
  const read = remember((dumped: string) => readOutcome(dumped, defaultResultRules))
  return {
    sources,
    bundle: bundle.value,
    entrypoint,
    reads,
    plan: built.plan,
    ask({ input: asked, id: decision, now, answers }, input = asked) {
      const context = createEvaluationContext({ id: decision, now })
      for (const { name, operands, answer } of answers) context.frozen({ name }, operands, () => answer)
      const written = writeInput(input, maximumInput, reads)
      const dumped = written.ok ? evaluator.evaluate(id, written.value.text, context) : written
      if (!dumped.ok) return { answer: dumped, answers: context.answers() }
      return { answer: read(dumped.value), dumped: dumped.value, answers: context.answers() }
    },
  }
}

/** The document that the artefact gave, of `{{"result": value}}`; undefined where it is undefined. */
export function documentOf({ dumped }: ArtefactAnswered): JsonValue | undefined {
  const value = dumped === undefined ? undefined : readValue(dumped)
  const row = isSetValue(value) ? value.items[0] : undefined
  const result = isObjectValue(row) ? row.entries[0]?.[1] : undefined
  return result === undefined ? undefined : valueToJson(result)
}

/** The definition that is meant: the one that is named, the only one, or that of the service. Throws, for the author. */
export async function findAskedDefinition(named: string | undefined, service: string | undefined): Promise<string> {
  const all = await findDefinitions(named === undefined ? [] : [named])
  const found = all.length === 1 ? all[0] : all.find((path) => basename(path, '.yaml') === service)
  if (found === undefined) throw new Error(`name a definition with --definition: ${all.join(', ')}`)
  return found
}
