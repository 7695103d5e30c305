import { createRegoToolchain } from '../../rego/toolchain.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { explainDecision, isInexplicable } from './explain/explain-decision.ts'
import { explainText } from './explain/explain-text.ts'
import type { AskedFlags } from './question/asked-flags.ts'
import type { AskedPolicyFlags } from './question/asked-policy.ts'
import { openGivenQuestion, openRecordedQuestion, type RecordedQuestionFlags } from './question/open-question.ts'

/** `log` and `decision`: explains what was decided then, in the place of a question that is given. */
export type ExplainFlags = AskedFlags & AskedPolicyFlags & Partial<RecordedQuestionFlags> & { readonly json?: boolean }

const maximumEvaluations = 20_000
const milliseconds = 1_500

/**
 * `explain`: why a policy answers one question as it does: which conditions failed, with both values, or which held that
 * deny; and the fewest changes of facts that would allow. It reads the sources, so it serves those alone who may see them.
 * Exits 1 where the artefact does not answer as the sources, or as the decision did, which then explain nothing.
 */
export async function explainCommand(
  file: string | undefined,
  flags: ExplainFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const { log, decision } = flags
  if ((log === undefined) !== (decision === undefined) || (log !== undefined && file !== undefined)) {
    say('--log and --decision go together, and take the place of a file')
    return exitCodes.usage
  }
  const toolchain = createRegoToolchain()
  try {
    const opened =
      log === undefined || decision === undefined
        ? await openGivenQuestion(file, flags, toolchain, say)
        : await openRecordedQuestion({ ...flags, log, decision }, toolchain, say)
    if (!opened) return exitCodes.failed
    const { policy, question } = opened
    const limits = { maximumEvaluations, milliseconds, now: () => performance.now() }
    const explained = await explainDecision(policy, question, toolchain, limits)
    if (isInexplicable(explained)) {
      say(
        'the artefact does not answer as the sources, so these explain nothing: build it again, or run sallyport test',
      )
      say(`  source    ${JSON.stringify(explained.source) ?? 'undefined'}`)
      say(`  artefact  ${JSON.stringify(explained.artefact) ?? 'undefined'}`)
      return exitCodes.failed
    }
    out(flags.json === true ? `${JSON.stringify(explained)}\n` : explainText(explained, policy.sources.placed))
    return exitCodes.ok
  } catch (error) {
    say(error instanceof Error ? error.message : 'the question could not be asked')
    return exitCodes.invalid
  } finally {
    await toolchain.close()
  }
}
