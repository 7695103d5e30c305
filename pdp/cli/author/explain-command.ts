import { instant } from '../../core/time.ts'
import { createRegoToolchain } from '../../rego/toolchain.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { explainDecision, isInexplicable } from './explain/explain-decision.ts'
import { explainText } from './explain/explain-text.ts'
import { type AskedPolicyFlags, findAskedDefinition, openAskedPolicy } from './question/asked-policy.ts'
import type { AskedFlags } from './question/asked-flags.ts'
import { questionOf, readAsked, serviceOf } from './question/read-question.ts'

export type ExplainFlags = AskedFlags & AskedPolicyFlags & { readonly json?: boolean }

const maximumEvaluations = 20_000
const milliseconds = 1_500

/**
 * `explain`: why a policy answers one question as it does: which conditions failed, with both values, or which held that
 * deny; and the fewest changes of facts that would allow. It reads the sources, so it serves those alone who may see them.
 * Exits 1 where the artefact does not answer as the sources, which then explain nothing.
 */
export async function explainCommand(
  file: string | undefined,
  flags: ExplainFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const toolchain = createRegoToolchain()
  try {
    const document = await readAsked(file, flags)
    const definition = await findAskedDefinition(flags.definition, serviceOf(document, flags))
    const policy = await openAskedPolicy(definition, flags, toolchain)
    const question = questionOf(document, flags, policy.sources.name, instant(Date.now()))
    for (const name of question.strange) say(`${name}: is nothing that a policy is given`)
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
