import { instant } from '../../core/time.ts'
import { type ConfigFlags, findConfig, loadFlags, sayProblems } from '../config-flags.ts'
import { exitCodes } from '../exit-codes.ts'
import { printRow } from '../print-row.ts'
import type { Terminal } from '../terminal.ts'
import { examinations } from './examine/examinations.ts'
import { type Examination, type Examined, type Finding, reasonOf } from './examine/finding.ts'

export interface ExamineFlags extends ConfigFlags {
  readonly json?: boolean
  readonly timeout?: string
}

const order = { fail: 0, warn: 1, ok: 2 } as const

/**
 * `doctor`: looks at what a decision point stands on, as it would find it, and changes nothing. Prints what is wrong first.
 * Ends with 0, or 1 where something fails.
 */
export async function examineCommand(flags: ExamineFlags, terminal: Terminal): Promise<number> {
  const { timeout = '10', json, ...where } = flags
  if (!/^[1-9][0-9]{0,2}$/.test(timeout)) {
    terminal.say('--timeout: must be seconds')
    return exitCodes.usage
  }
  const inputs = await findConfig(where, terminal)
  const loaded = await loadFlags(where, terminal)
  if (!loaded.ok || !inputs) {
    if (!loaded.ok) sayProblems(loaded.problems, terminal)
    return exitCodes.invalid
  }
  const examined: Omit<Examined, 'signal'> = {
    config: loaded.config,
    file: inputs.file,
    environment: terminal.environment,
    clock: () => instant(Date.now()),
    random: () => (terminal.randomBytes(1)[0] ?? 0) / 256,
  }
  const found = await examineAll(examinations, examined, Number(timeout) * 1_000)
  for (const finding of found.toSorted((a, b) => order[a.verdict] - order[b.verdict]))
    printRow(terminal.out, json, finding, textOf(finding))
  const count = (verdict: Finding['verdict']) => found.filter((finding) => finding.verdict === verdict).length
  terminal.say(`${count('fail')} failed, ${count('warn')} to look at, ${count('ok')} ok`)
  return count('fail') > 0 ? exitCodes.failed : exitCodes.ok
}

/** All looks at once, each for so long at most. */
export async function examineAll(
  looks: readonly Examination[],
  examined: Omit<Examined, 'signal'>,
  timeoutMs: number,
): Promise<readonly Finding[]> {
  const found = await Promise.all(looks.map((look) => examineOne(look, examined, timeoutMs)))
  return found.flat()
}

async function examineOne(
  { id, examine }: Examination,
  examined: Omit<Examined, 'signal'>,
  timeoutMs: number,
): Promise<readonly Finding[]> {
  const giveUp = new AbortController()
  const about = 'this look'
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => {
      giveUp.abort()
      const detail = `not done within ${timeoutMs / 1_000} s`
      // those that heed the signal say more
      setTimeout(() => resolve([{ id, about, verdict: 'fail', detail, todo: 'try --timeout 60' }]), 500)
    }, timeoutMs)
  })
  try {
    return await Promise.race([examine({ ...examined, signal: giveUp.signal }), late])
  } catch (error) {
    return [{ id, about, verdict: 'fail', detail: reasonOf(error), todo: 'mend that, and look again' }]
  } finally {
    clearTimeout(timer)
  }
}

const textOf = ({ id, about, verdict, detail, todo }: Finding): string =>
  `${verdict.padEnd(4)} ${id.padEnd(14)} ${about}: ${detail}${todo === undefined ? '' : `\n${' '.repeat(20)}${todo}`}`.replaceAll(
    /[^\P{C}\n]/gu,
    '?',
  )
