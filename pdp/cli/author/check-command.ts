import { createRegoToolchain } from '../../rego/toolchain.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import type { AskedFlags } from './question/asked-flags.ts'
import { type AskedPolicyFlags, documentOf } from './question/asked-policy.ts'
import { openGivenQuestion } from './question/open-question.ts'

export type CheckFlags = AskedFlags & AskedPolicyFlags & { readonly json?: boolean }

/**
 * `check`: asks a policy one question, on the artefact that is built of it. Prints the decision, its reasons, the rule that
 * gave it and how long it took; exits 2 where it denies.
 */
export async function checkCommand(
  file: string | undefined,
  flags: CheckFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const toolchain = createRegoToolchain()
  try {
    const began = performance.now()
    const { policy, question } = await openGivenQuestion(file, flags, toolchain, say)
    const opened = performance.now()
    const asked = policy.ask(question)
    const { answer } = asked
    const first = performance.now()
    policy.ask(question)
    const [cold, warm] = [first - opened, performance.now() - first]
    const rule = await ruleOf(policy.entrypoint)
    const allow = answer.ok && answer.value.allow
    const reasons = answer.ok ? answer.value.reasons : []
    const refused = answer.ok ? undefined : answer.detail
    const took = { open_ms: round(opened - began), first_ms: round(cold), again_ms: round(warm) }
    if (flags.json === true)
      out(`${JSON.stringify({ allow, reasons, refused, rule, took, decided: documentOf(asked) })}\n`)
    else {
      out(`${allow ? 'ALLOW' : 'DENY'} ${policy.entrypoint}${refused === undefined ? '' : `: ${refused}`}\n`)
      for (const { code, message } of reasons) out(`  ${code}${message === '' ? '' : `: ${message}`}\n`)
      for (const place of rule) out(`by ${place}\n`)
      out(`opened in ${took.open_ms} ms, evaluated in ${took.first_ms} ms, again in ${took.again_ms} ms\n`)
      if (!allow) say('why: sallyport explain, with the same question')
    }
    return allow ? exitCodes.ok : exitCodes.denied

    /** Where the bodies of the entrypoint stand that held. */
    async function ruleOf(entrypoint: string): Promise<readonly string[]> {
      const name = `data.${entrypoint.replaceAll('/', '.')}`
      const { modules, data, placed } = policy.sources
      const nowNs = BigInt(question.input.time.now_ns)
      const input = { ...question.input, time: { now_ns: Number(nowNs) } }
      const traced = await toolchain.eval({ modules, data, query: name, input, nowNs, explain: true })
      const holds = traced.ok ? (traced.value.explanation?.holds ?? []) : []
      return holds.filter((held) => held.rule === name).map((held) => `${name} at ${placed(held.file)}:${held.row}`)
    }
  } catch (error) {
    say(error instanceof Error ? error.message : 'the question could not be asked')
    return exitCodes.invalid
  } finally {
    await toolchain.close()
  }
}

const round = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000
