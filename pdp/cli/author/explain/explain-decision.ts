import { isArray, isObject, type JsonObject, type JsonValue } from '../../../core/json.ts'
import type { PolicyInput } from '../../../core/policy-input.ts'
import type { ReadTree } from '../../../core/read-tree.ts'
import { applyChanges } from '../../../policy/flips/apply-changes.ts'
import { candidateChanges } from '../../../policy/flips/candidate-changes.ts'
import { changeableFacts } from '../../../policy/flips/changeable-facts.ts'
import { dataWords, isWord } from '../../../policy/flips/data-words.ts'
import { type Flips, findFlips } from '../../../policy/flips/find-flips.ts'
import { readValue } from '../../../policy/read-value.ts'
import { valueToJson } from '../../../policy/value-to-json.ts'
import { planConstants } from '../../../rego/plan-constants.ts'
import type { RegoToolchain } from '../../../rego/toolchain.ts'
import { errorLine } from '../../build-bundle.ts'
import { type ArtefactAnswered, type AskedPolicy, documentOf } from '../question/asked-policy.ts'
import type { PolicyQuestion } from '../question/read-question.ts'
import { type Causes, findCauses } from './find-causes.ts'

/** Why a policy answers as it does. `flips`: only of a deny. */
export interface ExplainedDecision {
  readonly allow: boolean
  readonly entrypoint: string
  /** The document that the artefact gave; absent where it is undefined. */
  readonly decided?: JsonValue
  /** Where there was no answer: why. */
  readonly refused?: string
  readonly causes: Causes
  /** More was found than is kept. */
  readonly truncated: boolean
  readonly flips?: Flips
}

/** The source does not answer as the artefact: whatever explains the one does not explain the other. */
export interface Inexplicable {
  readonly source: JsonValue | undefined
  readonly artefact: JsonValue | undefined
}

export interface ExplainLimits {
  readonly maximumEvaluations: number
  readonly milliseconds: number
  readonly now: () => number
}

/**
 * Explains one answer of a policy: evaluates it on the artefact, repeats it on source with the same time, chance and
 * answers of builtins, and finds its causes; of a deny also what would have to change. Throws, for the author, what cannot
 * be evaluated.
 */
export async function explainDecision(
  policy: AskedPolicy,
  question: PolicyQuestion,
  toolchain: RegoToolchain,
  limits: ExplainLimits,
): Promise<ExplainedDecision | Inexplicable> {
  const answered = policy.ask(question)
  const decided = documentOf(answered)
  const rule = `data.${policy.entrypoint.replaceAll('/', '.')}`
  const { modules, data } = policy.sources
  const nowNs = BigInt(question.input.time.now_ns)
  const source = await toolchain.eval({
    modules,
    data,
    query: rule,
    input: { ...question.input, time: { now_ns: Number(nowNs) } },
    nowNs,
    answers: answered.answers.flatMap(({ name, operands, answer }) =>
      answer === undefined ? [] : [{ name, operands, answer }],
    ),
    explain: true,
  })
  if (!source.ok) {
    throw new Error(source.errors.map((error) => errorLine(error, policy.sources.placed)).join('\n'))
  }
  const said = source.value.results[0]?.values[0] as JsonValue | undefined // JSON, as it came
  const aborted = !answered.answer.ok && answered.answer.code === 'POLICY_ERROR' && decided === undefined
  if (!aborted && !isSame(said, decided)) return { source: said, artefact: decided }
  const explanation = source.value.explanation ?? { fails: [], holds: [], truncated: false }
  const allow = answered.answer.ok && answered.answer.value.allow
  const causes = findCauses(explanation, rule, decided)
  return {
    allow,
    entrypoint: policy.entrypoint,
    ...(decided !== undefined && { decided }),
    ...(!answered.answer.ok && { refused: answered.answer.detail }),
    causes,
    truncated: explanation.truncated,
    ...(!allow && { flips: searchFlips(policy, question, causes, limits) }),
  }
}

export const isInexplicable = (explained: ExplainedDecision | Inexplicable): explained is Inexplicable =>
  'source' in explained

function searchFlips(
  policy: AskedPolicy,
  question: PolicyQuestion,
  causes: Causes,
  { maximumEvaluations, milliseconds, now }: ExplainLimits,
): Flips {
  const input = question.input as unknown as JsonObject // JSON by its definition, without an index signature
  const facts = changeableFacts(policy.reads.tree, input)
  const { sources, bundle, entrypoint, plan } = policy
  const readData: ReadTree = bundle.readSets.get(entrypoint)?.data ?? 'whole'
  // what the deciding conditions compared is likely, then what the policy compares anywhere, then what its data hold
  const words = unique([
    ...hintsOf(causes),
    ...planConstants(plan).filter(isWord),
    // the sources' data is the bundle's: JSON that was read from its file
    ...dataWords(readData, sources.data as JsonObject),
  ])
  const began = now()
  return findFlips({
    candidates: candidateChanges(facts, words),
    evaluate: (changes) => tried(policy.ask(question, applyChanges(input, changes) as unknown as PolicyInput)),
    maximumEvaluations,
    isLate: () => now() - began > milliseconds,
  })
}

function tried({ answer }: ArtefactAnswered) {
  return answer.ok
    ? { allow: answer.value.allow, mark: JSON.stringify(answer.value.reasons.map(({ code }) => code)) }
    : { allow: false, mark: answer.clause }
}

/** The scalars that failing and denying conditions compared: what a fact would have to be is often among them. */
function hintsOf({ held, failed }: Causes): readonly JsonValue[] {
  const operands = [...held.flatMap(({ conditions }) => conditions), ...failed].flatMap((each) => each.operands)
  return unique(
    operands.flatMap(({ value }) => {
      const read = readValue(value)
      const json = read === undefined ? undefined : valueToJson(read)
      return json === undefined ? [] : wordsOf(json)
    }),
  )
}

const wordsOf = (value: JsonValue): readonly JsonValue[] => unique([...eachWord(value)])

function* eachWord(value: JsonValue): Generator<string | number> {
  if (isWord(value)) yield value
  else if (isArray(value)) for (const item of value) yield* eachWord(item)
  else if (isObject(value))
    for (const [name, item] of Object.entries(value)) {
      if (isWord(name)) yield name
      yield* eachWord(item)
    }
}

const unique = (values: readonly JsonValue[]): readonly JsonValue[] => [...new Set(values)]

const isSame = (a: JsonValue | undefined, b: JsonValue | undefined): boolean => textOf(a) === textOf(b)

const textOf = (value: JsonValue | undefined): string | undefined =>
  JSON.stringify(value, (_name, each: JsonValue) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  )
