import { healTree } from '../audit/verify/heal-tree.ts'
import { auditExitCode, problemLine } from './audit-exit-code.ts'
import { exitCodes } from './exit-codes.ts'
import { readVkey } from './read-vkey.ts'
import { printRow } from './print-row.ts'
import type { Terminal } from './terminal.ts'

/** `audit heal`: makes tiles again that are missing or damaged, where the lines of the log are what was signed for. */
export async function auditHealCommand(
  folder: string,
  { vkey, json }: { readonly vkey: string; readonly json?: boolean },
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const verifier = await readVkey(vkey, say)
  if (!verifier) return exitCodes.key
  const outcome = healTree(folder, verifier)
  if (!outcome.ok) {
    say(problemLine(outcome.problem))
    return auditExitCode([outcome.problem])
  }
  for (const path of outcome.healed) printRow(out, json, { file: path }, path)
  say(outcome.healed.length === 0 ? 'nothing was to be healed' : `made again: ${outcome.healed.length}`)
  return exitCodes.ok
}
