import { objectsAt, textAt } from '../../../audit/export/stored-line.ts'
import { instant } from '../../../core/time.ts'
import type { RegoToolchain } from '../../../rego/toolchain.ts'
import type { Terminal } from '../../terminal.ts'
import type { AskedFlags } from './asked-flags.ts'
import { type AskedPolicy, type AskedPolicyFlags, findAskedDefinition, openAskedPolicy } from './asked-policy.ts'
import { type PolicyQuestion, questionOf, readAsked, serviceOf } from './read-question.ts'
import { type RecordedFlags, readRecordedDecision, recordedQuestions } from './recorded-decision.ts'

/** A question, and the policy that it is for. */
export interface OpenedQuestion {
  readonly policy: AskedPolicy
  readonly question: PolicyQuestion
}

type Opening = readonly [toolchain: RegoToolchain, say: Terminal['say']]

/** Opens the question that a file, stdin or flags give. Throws, for the author. */
export async function openGivenQuestion(
  file: string | undefined,
  flags: AskedFlags & AskedPolicyFlags,
  ...[toolchain, say]: Opening
): Promise<OpenedQuestion> {
  const document = await readAsked(file, flags)
  const definition = await findAskedDefinition(flags.definition, serviceOf(document, flags))
  const policy = await openAskedPolicy(definition, flags, toolchain)
  const question = questionOf(document, flags, policy.sources.name, instant(Date.now()))
  for (const name of question.strange) say(`${name}: is nothing that a policy is given`)
  return { policy, question }
}

/** `question`: which of a decision that has several, from 1; unless said the first that was denied, else the first. */
export type RecordedQuestionFlags = AskedPolicyFlags &
  Required<Pick<RecordedFlags, 'log' | 'decision'>> &
  RecordedFlags & { readonly question?: string }

/**
 * Opens a question of a recorded decision, as it was asked then. Undefined, and said why, where this artefact does not
 * answer as the decision did. Throws, for the author, what cannot be evaluated again.
 */
export async function openRecordedQuestion(
  { log, decision, state, question: wanted, ...flags }: RecordedQuestionFlags,
  ...[toolchain, say]: Opening
): Promise<OpenedQuestion | undefined> {
  const recorded = await readRecordedDecision(log, decision, state)
  const { record, payload } = recorded
  const definition = await findAskedDefinition(flags.definition, textAt(record, 'policy', 'bundle'))
  const policy = await openAskedPolicy(definition, { ...flags, entrypoint: payload.entrypoint }, toolchain)
  const revision = textAt(record, 'policy', 'revision') ?? ''
  const answered = await recordedQuestions(recorded, policy.bundle)
  if (!answered.same) {
    const { before, after } = answered.difference
    say(
      `this artefact (revision ${policy.bundle.revision}) does not answer as the decision did (revision ${revision}), so it explains nothing`,
    )
    say(`  recorded  ${[before.code, ...before.rules].join(' ')}`)
    say(`  artefact  ${[after.code, ...after.rules].join(' ')}`)
    return undefined
  }
  if (revision !== policy.bundle.revision)
    say(`decided under revision ${revision}, explained with ${policy.bundle.revision}, which answers the same`)
  const denied = objectsAt(record, 'questions').findIndex((each) => textAt(each, 'code') !== 'ALLOWED')
  const question = answered.questions[wanted === undefined ? Math.max(denied, 0) : Number(wanted) - 1]
  if (!question) throw new Error(`--question: the decision has ${answered.questions.length}`)
  return { policy, question }
}
