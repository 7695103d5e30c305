import { z } from 'zod'
import { clauses } from '../core/clause.ts'
import type { DecisionId } from '../core/frame.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import { type Refusal, type Result, refuse } from '../core/result.ts'
import { instant } from '../core/time.ts'
import type { Answer } from './answer.ts'
import type { LoadedBundle } from './load-bundle.ts'
import { corpusFile } from './bundle-files.ts'
import { createEvaluationContext } from './evaluation-context.ts'
import { policyInputSchema } from './input-schema.ts'
import { readDocument } from './read-document.ts'
import { readOutcome } from './read-outcome.ts'
import { defaultResultRules } from './read-result.ts'
import { allReads, inputReadsOf } from './read-set/input-reads.ts'
import { writeInput } from './write-input.ts'

export const corpusClauses = clauses({
  form: 'bundle-corpus-form',
  entrypoint: 'bundle-corpus-entrypoint',
  agrees: 'bundle-corpus-agrees',
})

const time = z.strictObject({ now_ns: z.string().regex(/^[0-9]{1,20}$/) })

const schema = z.strictObject({
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(200),
        entrypoint: z.string().min(1),
        input: z.strictObject({ ...policyInputSchema.unwrap().shape, time }),
        expect: z.strictObject({
          allow: z.boolean(),
          codes: z.array(z.string()).optional(),
          obligations: z.array(z.string()).optional(),
        }),
      }),
    )
    .min(1)
    .max(10_000),
})

/** What a policy must answer: the effect, and where they are named the codes of its reasons and the types of obligations. */
export type CorpusCase = z.output<typeof schema>['cases'][number]

/** Evaluates every case of a bundle's own corpus on the bundle. Answers the first refusal (POLICY_ERROR), or undefined. */
export function checkCorpus(bytes: Uint8Array, bundle: LoadedBundle): Refusal | undefined {
  const document = readDocument(bytes)
  if (!document.ok) return document
  const corpus = schema.safeParse(document.value)
  if (!corpus.success) {
    const [issue] = corpus.error.issues
    return refuse(
      'POLICY_ERROR',
      corpusClauses.form,
      `${corpusFile}: ${issue?.path.join('.') ?? ''}: is not a case as \`sallyport build\` writes it`,
    )
  }
  for (const one of corpus.data.cases) {
    const refusal = checkCase(one, bundle)
    if (refusal) return refusal
  }
  return undefined
}

function checkCase(one: CorpusCase, bundle: LoadedBundle): Refusal | undefined {
  const { name, expect } = one
  const answer = answerCase(one, bundle)
  if (!answer) {
    return refuse('POLICY_ERROR', corpusClauses.entrypoint, `case \`${name}\` is of an entrypoint that is not there`)
  }
  if (!answer.ok) return disagrees(name, answer.detail)
  const { allow, reasons, obligations } = answer.value
  if (allow !== expect.allow) return disagrees(name, `it ${allow ? 'allows' : 'denies'}`)
  const lists = [
    ['codes', reasons.map(({ code }) => code), expect.codes],
    ['obligations', obligations.map(({ type }) => type), expect.obligations],
  ] as const
  for (const [what, got, stated] of lists)
    if (stated && !isSameSet(got, stated)) return disagrees(name, `its ${what} are ${got.join(', ') || 'none'}`)
  return undefined
}

/** What a bundle answers to a case; undefined where it lacks the entrypoint. */
export function answerCase(
  { entrypoint, input }: Pick<CorpusCase, 'entrypoint' | 'input'>,
  { evaluator, readSets, maximumInput }: LoadedBundle,
): Result<Answer> | undefined {
  const id = evaluator.entrypoints.get(entrypoint)
  if (id === undefined) return undefined
  const readSet = readSets.get(entrypoint)
  const written = writeInput(input as PolicyInput, maximumInput, readSet ? inputReadsOf(readSet) : allReads) // as the schema says
  if (!written.ok) return written
  const now = instant(Number(BigInt(input.time.now_ns) / 1_000_000n))
  const dumped = evaluator.evaluate(id, written.value.text, createEvaluationContext({ id: corpusId, now }))
  return dumped.ok ? readOutcome(dumped.value, rules) : dumped
}

const corpusId = '00000000-0000-7000-8000-000000000000' as DecisionId // of no decision: what a builtin draws from it is the same each time

// which headers a policy may set is for the decision point to say, and nothing that a corpus could know
const anyName: ReadonlySet<string> = Object.assign(new Set<string>(), { has: () => true })
const rules = { ...defaultResultRules, requestHeaders: anyName, responseHeaders: anyName }

const isSameSet = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted())

const disagrees = (name: string, detail: string): Refusal =>
  refuse('POLICY_ERROR', corpusClauses.agrees, `case \`${name}\` of the bundle's own corpus fails: ${detail}`)
